/* SPDX-License-Identifier: Apache-2.0 */
/* What compiled code depends on, as one hash; and the header that carries it. */
#include "code_file.h"

#include <openssl/evp.h>

#include <stdio.h>
#if defined(__x86_64__)
#include <cpuid.h>
#else
#include <sys/auxv.h>
#endif

/* Counts up with each change of the layout or of what goes into the key. */
static const char magic[8] = {'P', 'W', 'C', 'O', 'D', 'E', '0', '1'};

struct header {
  char                    magic[8];
  struct pw_code_identity identity;
  uint8_t                 digest[PW_CODE_HASH_SIZE]; /* of the content */
  uint64_t                size;                      /* of the content */
};

_Static_assert(sizeof(struct header) == 8 + 16 + 24 + 3 * PW_CODE_HASH_SIZE + 8, "the header must have no padding");

static bool
hash(struct pw_view bytes, uint8_t *digest)
{
  return EVP_Digest(bytes.data, bytes.size, digest, NULL, EVP_sha256(), NULL) == 1;
}

/* Engines use every instruction that they find: code from one processor need not run on another. */
struct processor {
  uint32_t words[16];
};

static void
identify_processor(struct processor *processor)
{
  uint32_t *word = processor->words;

  memset(processor, 0, sizeof *processor);
#if defined(__x86_64__)
  uint32_t a = 0, b = 0, c = 0, d = 0;

  /* Leaf 1: a and b differ between cores and steppings, and say nothing of instructions. */
  if (__get_cpuid(1, &a, &b, &c, &d)) {
    word[0] = c;
    word[1] = d;
  }
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
    word[2] = b;
    word[3] = c;
    word[4] = d;
  }
  if (__get_cpuid_count(7, 1, &a, &b, &c, &d)) {
    word[5] = a;
    word[6] = b;
    word[7] = c;
    word[8] = d;
  }
  if (__get_cpuid(0x80000001, &a, &b, &c, &d)) {
    word[9]  = c;
    word[10] = d;
  }
#else
  unsigned long capabilities[2] = {getauxval(AT_HWCAP), getauxval(AT_HWCAP2)};

  memcpy(word, capabilities, sizeof capabilities);
#endif
}

static bool
make_key(struct pw_code_identity *identity, const struct pw_engine_settings *settings)
{
  struct {
    char             magic[8];
    char             engine[sizeof identity->engine];
    char             version[sizeof identity->version];
    uint8_t          code_hash[PW_CODE_HASH_SIZE];
    uint32_t         interface;
    uint32_t         stack_bytes;
    uint32_t         profile;
    struct processor processor;
  } parts;

  memset(&parts, 0, sizeof parts);
  memcpy(parts.magic, magic, sizeof magic);
  memcpy(parts.engine, identity->engine, sizeof parts.engine);
  memcpy(parts.version, identity->version, sizeof parts.version);
  memcpy(parts.code_hash, identity->code_hash, sizeof parts.code_hash);
  parts.interface   = PW_ENGINE_INTERFACE;
  parts.stack_bytes = settings ? settings->stack_bytes : 0;
  parts.profile     = settings && settings->profile;
  identify_processor(&parts.processor);
  return hash(pw_view_make(&parts, sizeof parts), identity->key);
}

bool
pw_code_identify(const struct pw_engine_ops *ops, const struct pw_engine_settings *settings, struct pw_view code,
                 struct pw_code_identity *identity, struct pw_error *error)
{
  memset(identity, 0, sizeof *identity);
  snprintf(identity->engine, sizeof identity->engine, "%s", ops->name);
  snprintf(identity->version, sizeof identity->version, "%s", ops->version());
  if (!hash(code, identity->code_hash) || !make_key(identity, settings)) {
    return pw_error_set(error, PW_ERROR_ENGINE, "SHA-256 is not to be had from OpenSSL");
  }
  return true;
}

bool
pw_code_pack(const struct pw_code_identity *identity, struct pw_view content, struct pw_bytes *out,
             struct pw_error *error)
{
  struct header header;

  memset(&header, 0, sizeof header);
  memcpy(header.magic, magic, sizeof magic);
  header.identity = *identity;
  header.size     = content.size;
  if (!hash(content, header.digest)) {
    return pw_error_set(error, PW_ERROR_ENGINE, "SHA-256 is not to be had from OpenSSL");
  }
  if (!pw_bytes_reserve(out, out->size + sizeof header + content.size)) {
    return pw_error_set(error, PW_ERROR_MEMORY, "compiled code of %zu bytes", content.size);
  }
  return pw_bytes_append(out, &header, sizeof header) && pw_bytes_append(out, content.data, content.size);
}

/* Why a file does not fit, from what its header says of itself. */
static bool
set_other_identity(const struct pw_code_identity *wanted, struct pw_code_identity *found, struct pw_error *error)
{
  found->engine[sizeof found->engine - 1]   = '\0';
  found->version[sizeof found->version - 1] = '\0';
  if (memcmp(found->code_hash, wanted->code_hash, PW_CODE_HASH_SIZE) != 0) {
    return pw_error_set(error, PW_ERROR_ENGINE, "compiled from another module");
  }
  if (strcmp(found->engine, wanted->engine) != 0 || strcmp(found->version, wanted->version) != 0) {
    return pw_error_set(error, PW_ERROR_ENGINE, "compiled by another engine or version than %s %s", wanted->engine,
                        wanted->version);
  }
  return pw_error_set(error, PW_ERROR_ENGINE, "compiled with other settings or for another processor");
}

bool
pw_code_unpack(const struct pw_code_identity *identity, struct pw_view file, struct pw_view *content,
               struct pw_error *error)
{
  struct header header;
  uint8_t       digest[PW_CODE_HASH_SIZE];

  if (file.size < sizeof header || memcmp(file.data, magic, sizeof magic) != 0) {
    return pw_error_set(error, PW_ERROR_FILE, "no compiled code of this version of proxywasm");
  }
  memcpy(&header, file.data, sizeof header);
  if (memcmp(header.identity.key, identity->key, PW_CODE_HASH_SIZE) != 0) {
    return set_other_identity(identity, &header.identity, error);
  }
  if (header.size != file.size - sizeof header) {
    return pw_error_set(error, PW_ERROR_FILE, "truncated");
  }
  *content = pw_view_make(file.data + sizeof header, file.size - sizeof header);
  if (!hash(*content, digest) || memcmp(digest, header.digest, sizeof digest) != 0) {
    return pw_error_set(error, PW_ERROR_FILE, "its content was changed");
  }
  return true;
}
