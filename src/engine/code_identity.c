/* SPDX-License-Identifier: Apache-2.0 */
/* What compiled code depends on, and the header that carries it. */
#include "code_file.h"

#include <openssl/evp.h>

#include <stdio.h>
#if defined(__x86_64__)
#include <cpuid.h>
#define PW_ARCHITECTURE "x86_64"
#elif defined(__aarch64__)
#include <sys/auxv.h>
#define PW_ARCHITECTURE "aarch64"
#else
#error "no name for this architecture"
#endif

/* Counts up with each change of the layout. */
static const char magic[8] = {'P', 'W', 'C', 'O', 'D', 'E', '0', '3'};

struct header {
  char                    magic[8];
  struct pw_code_identity identity;
  uint8_t                 digest[PW_CODE_HASH_SIZE]; /* of the content */
  uint64_t                size;                      /* of the content */
};

_Static_assert(sizeof(struct pw_code_identity) == 16 + 24 + 8 + 4 * 4 + PW_CODE_HASH_SIZE + 16 * 4,
               "the identity must have no padding: it is compared and hashed as bytes");
_Static_assert(sizeof(struct header) == 8 + sizeof(struct pw_code_identity) + PW_CODE_HASH_SIZE + 8,
               "the header must have no padding");

bool
pw_code_hash(struct pw_view bytes, uint8_t digest[PW_CODE_HASH_SIZE], struct pw_error *error)
{
  return EVP_Digest(bytes.data, bytes.size, digest, NULL, EVP_sha256(), NULL) == 1 ||
         pw_error_set(error, PW_ERROR_ENGINE, "SHA-256 is not to be had from OpenSSL");
}

static void
identify_processor(struct pw_code_processor *processor)
{
  uint32_t *word = processor->words;

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

bool
pw_code_identify(const struct pw_engine_ops *ops, const struct pw_engine_settings *settings, struct pw_view code,
                 bool for_this_processor, struct pw_code_identity *identity, struct pw_error *error)
{
  memset(identity, 0, sizeof *identity);
  snprintf(identity->engine, sizeof identity->engine, "%s", ops->name);
  snprintf(identity->version, sizeof identity->version, "%s", ops->version());
  snprintf(identity->architecture, sizeof identity->architecture, "%s", PW_ARCHITECTURE);
  identity->interface   = PW_ENGINE_INTERFACE;
  identity->stack_bytes = settings ? settings->stack_bytes : 0;
  identity->profile     = settings && settings->profile;
  identity->images      = settings && settings->images;
  if (for_this_processor) {
    identify_processor(&identity->processor);
  }
  return pw_code_hash(code, identity->code_hash, error);
}

bool
pw_code_key(const struct pw_code_identity *identity, uint8_t key[PW_CODE_HASH_SIZE], struct pw_error *error)
{
  struct {
    char                    magic[8];
    struct pw_code_identity identity;
  } parts;

  memcpy(parts.magic, magic, sizeof magic);
  parts.identity = *identity;
  return pw_code_hash(pw_view_make(&parts, sizeof parts), key, error);
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
  if (!pw_code_hash(content, header.digest, error)) {
    return false;
  }
  if (!pw_bytes_reserve(out, out->size + sizeof header + content.size)) {
    return pw_error_set(error, PW_ERROR_MEMORY, "compiled code of %zu bytes", content.size);
  }
  return pw_bytes_append(out, &header, sizeof header) && pw_bytes_append(out, content.data, content.size);
}

/* ---- reading: whatever the header says may be made up ---- */

static void
make_text(char *text, size_t size)
{
  text[size - 1] = '\0';
  for (; *text; text++) {
    *text = *text < ' ' || *text > '~' ? '?' : *text;
  }
}

static void
make_texts(struct pw_code_identity *identity)
{
  make_text(identity->engine, sizeof identity->engine);
  make_text(identity->version, sizeof identity->version);
  make_text(identity->architecture, sizeof identity->architecture);
}

static bool
read_header(struct pw_view file, struct header *header)
{
  if (file.size < sizeof *header || memcmp(file.data, magic, sizeof magic) != 0) {
    return false;
  }
  memcpy(header, file.data, sizeof *header);
  return true;
}

bool
pw_code_made_for(struct pw_view file, struct pw_code_identity *identity)
{
  struct header header;
  bool          read = read_header(file, &header);

  if (read) {
    *identity = header.identity;
    make_texts(identity);
  }
  return read;
}

static const char *
truth(uint32_t value)
{
  return value ? "true" : "false";
}

/* Why a file does not fit, from what its header says of itself: the first that an operator can do something about. */
static bool
set_other_identity(const struct pw_code_identity *wanted, struct pw_code_identity *found, struct pw_error *error)
{
  make_texts(found);
  if (strcmp(found->engine, wanted->engine) != 0 || strcmp(found->version, wanted->version) != 0) {
    return pw_error_set(error, PW_ERROR_ENGINE, "it is for %s %s, this is %s %s", found->engine, found->version,
                        wanted->engine, wanted->version);
  }
  if (memcmp(found->code_hash, wanted->code_hash, PW_CODE_HASH_SIZE) != 0) {
    return pw_error_set(error, PW_ERROR_ENGINE, "it was compiled from another module, or the module was changed since");
  }
  if (strcmp(found->architecture, wanted->architecture) != 0) {
    return pw_error_set(error, PW_ERROR_ENGINE, "it is for processors of type %s, this is %s", found->architecture,
                        wanted->architecture);
  }
  if (found->interface != wanted->interface) {
    return pw_error_set(error, PW_ERROR_ENGINE, "it is for another version of proxywasm (interface %u, this has %u)",
                        found->interface, wanted->interface);
  }
  if (found->stack_bytes != wanted->stack_bytes) {
    return pw_error_set(error, PW_ERROR_ENGINE, "it is for a stack (limits.stack) of %u bytes, not of %u",
                        found->stack_bytes, wanted->stack_bytes);
  }
  if (found->profile != wanted->profile) {
    return pw_error_set(error, PW_ERROR_ENGINE, "it is for 'profile: %s', not for 'profile: %s'", truth(found->profile),
                        truth(wanted->profile));
  }
  if (found->images != wanted->images) {
    return pw_error_set(error, PW_ERROR_ENGINE, "it is %s 'vm_scope: transaction'", found->images ? "for" : "not for");
  }
  return pw_error_set(error, PW_ERROR_ENGINE, "it is for another processor");
}

bool
pw_code_unpack(const struct pw_code_identity *identity, struct pw_view file, struct pw_view *content,
               struct pw_error *error)
{
  struct header header;
  uint8_t       digest[PW_CODE_HASH_SIZE];

  if (!read_header(file, &header)) {
    return pw_error_set(error, PW_ERROR_FILE, "no compiled code of this version of proxywasm");
  }
  if (memcmp(&header.identity, identity, sizeof *identity) != 0) {
    return set_other_identity(identity, &header.identity, error);
  }
  if (header.size != file.size - sizeof header) {
    return pw_error_set(error, PW_ERROR_FILE, "truncated");
  }
  *content = pw_view_make(file.data + sizeof header, file.size - sizeof header);
  if (!pw_code_hash(*content, digest, error)) {
    return false;
  }
  return memcmp(digest, header.digest, sizeof digest) == 0 ||
         pw_error_set(error, PW_ERROR_FILE, "its content was changed");
}
