/* SPDX-License-Identifier: Apache-2.0 */
/* Properties of the connections to the client and to the upstream: addresses, TLS, certificates. */
#include "traffic_server/fields/property.h"
#include "traffic_server/transaction/transaction.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>

/* ----------------------------------------------------------------------------------------------------------- addresses
 */

enum address { ADDRESS_SOURCE, ADDRESS_DESTINATION, ADDRESS_UPSTREAM, ADDRESS_UPSTREAM_LOCAL };

static const struct sockaddr *
address_of(const struct pw_property_request *request)
{
  switch ((enum address)request->detail) {
  case ADDRESS_SOURCE:
    return TSHttpTxnClientAddrGet(request->txn);
  case ADDRESS_DESTINATION:
    return TSHttpTxnIncomingAddrGet(request->txn);
  case ADDRESS_UPSTREAM:
    return TSHttpTxnServerAddrGet(request->txn);
  default:
    return TSHttpTxnOutgoingAddrGet(request->txn);
  }
}

/* -1: it has none. */
static int
port_of(const struct sockaddr *address)
{
  if (address && address->sa_family == AF_INET) {
    return ntohs(((const struct sockaddr_in *)(const void *)address)->sin_port);
  }
  if (address && address->sa_family == AF_INET6) {
    return ntohs(((const struct sockaddr_in6 *)(const void *)address)->sin6_port);
  }
  return -1;
}

/* "127.0.0.1:80", "[::1]:80". */
static enum pw_status
get_address(const struct pw_property_request *request)
{
  const struct sockaddr *address = address_of(request);
  int                    port    = port_of(address);
  char                   host[INET6_ADDRSTRLEN];
  char                   text[INET6_ADDRSTRLEN + 16];
  if (port < 0) {
    return PW_STATUS_NOT_FOUND;
  }
  bool        v6    = address->sa_family == AF_INET6;
  const void *bytes = v6 ? (const void *)&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr
                         : (const void *)&((const struct sockaddr_in *)(const void *)address)->sin_addr;
  if (!inet_ntop(address->sa_family, bytes, host, sizeof(host))) {
    return PW_STATUS_NOT_FOUND;
  }
  snprintf(text, sizeof(text), v6 ? "[%s]:%d" : "%s:%d", host, port);
  return pw_property_put_text(request->value, pw_view_of(text));
}

static enum pw_status
get_port(const struct pw_property_request *request)
{
  int port = port_of(address_of(request));
  return port < 0 ? PW_STATUS_NOT_FOUND : pw_property_put_number(request->value, (uint64_t)port);
}

static enum pw_status
get_connection_id(const struct pw_property_request *request)
{
  TSHttpSsn session = TSHttpTxnSsnGet(request->txn);
  return session ? pw_property_put_number(request->value, (uint64_t)TSHttpSsnIdGet(session)) : PW_STATUS_NOT_FOUND;
}

/* ----------------------------------------------------------------------------------------------------------------- TLS
 */

/* Bits of a row's detail. */
#define OF_UPSTREAM 1
#define OF_LOCAL    2
#define OF_URI      4

/* NULL: there is no such connection, or it is not encrypted. */
static SSL *
tls_of(const struct pw_property_request *request)
{
  TSVConn connection = NULL;
  if (request->detail & OF_UPSTREAM) {
    connection = TSHttpTxnServerVConnGet(request->txn);
  } else {
    TSHttpSsn session = TSHttpTxnSsnGet(request->txn);
    connection        = session ? TSHttpSsnClientVConnGet(session) : NULL;
  }
  return connection && TSVConnIsSsl(connection) ? (SSL *)TSVConnSslConnectionGet(connection) : NULL;
}

static enum pw_status
get_tls_version(const struct pw_property_request *request)
{
  SSL *tls = tls_of(request);
  return tls ? pw_property_put_text(request->value, pw_view_of(SSL_get_version(tls))) : PW_STATUS_NOT_FOUND;
}

static enum pw_status
get_server_name(const struct pw_property_request *request)
{
  SSL        *tls  = tls_of(request);
  const char *name = tls ? SSL_get_servername(tls, TLSEXT_NAMETYPE_host_name) : NULL;
  return name ? pw_property_put_text(request->value, pw_view_of(name)) : PW_STATUS_NOT_FOUND;
}

static enum pw_status
get_mtls(const struct pw_property_request *request)
{
  SSL  *tls         = tls_of(request);
  X509 *certificate = tls ? SSL_get1_peer_certificate(tls) : NULL;
  bool  valid       = certificate && SSL_get_verify_result(tls) == X509_V_OK;
  X509_free(certificate);
  return pw_property_put_bool(request->value, valid);
}

/* With one more reference; NULL: there is none. */
static X509 *
certificate_of(const struct pw_property_request *request)
{
  SSL *tls = tls_of(request);
  if (!tls) {
    return NULL;
  }
  if (!(request->detail & OF_LOCAL)) {
    return SSL_get1_peer_certificate(tls);
  }
  X509 *certificate = SSL_get_certificate(tls);
  if (certificate) {
    X509_up_ref(certificate);
  }
  return certificate;
}

static enum pw_status
get_subject(const struct pw_property_request *request)
{
  X509          *certificate = certificate_of(request);
  BIO           *bio         = certificate ? BIO_new(BIO_s_mem()) : NULL;
  enum pw_status status      = PW_STATUS_NOT_FOUND;
  if (bio && X509_NAME_print_ex(bio, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253) >= 0) {
    char *text = NULL;
    long  size = BIO_get_mem_data(bio, &text);
    status     = pw_property_put_text(request->value, pw_view_make(text, size > 0 ? (size_t)size : 0));
  }
  BIO_free(bio);
  X509_free(certificate);
  return status;
}

/* The first entry of the alternative names that has the wanted kind. */
static enum pw_status
get_alternative_name(const struct pw_property_request *request)
{
  X509          *certificate = certificate_of(request);
  GENERAL_NAMES *entries =
    certificate ? (GENERAL_NAMES *)X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL) : NULL;
  int            wanted = request->detail & OF_URI ? GEN_URI : GEN_DNS;
  enum pw_status status = PW_STATUS_NOT_FOUND;
  for (int i = 0; status == PW_STATUS_NOT_FOUND && i < sk_GENERAL_NAME_num(entries); i++) {
    const GENERAL_NAME *entry = sk_GENERAL_NAME_value(entries, i);
    if (entry->type == wanted) {
      const ASN1_IA5STRING *text = wanted == GEN_URI ? entry->d.uniformResourceIdentifier : entry->d.dNSName;
      int                   size = ASN1_STRING_length(text);
      status =
        pw_property_put_text(request->value, pw_view_make(ASN1_STRING_get0_data(text), size > 0 ? (size_t)size : 0));
    }
  }
  GENERAL_NAMES_free(entries);
  X509_free(certificate);
  return status;
}

/* In lower-case hexadecimal digits. */
static enum pw_status
get_digest(const struct pw_property_request *request)
{
  X509          *certificate = certificate_of(request);
  unsigned char  digest[EVP_MAX_MD_SIZE];
  char           text[2 * EVP_MAX_MD_SIZE + 1];
  unsigned       size   = 0;
  enum pw_status status = PW_STATUS_NOT_FOUND;
  if (certificate && X509_digest(certificate, EVP_sha256(), digest, &size)) {
    for (unsigned i = 0; i < size; i++) {
      snprintf(text + (size_t)2 * i, 3, "%02x", digest[i]);
    }
    status = pw_property_put_text(request->value, pw_view_make(text, (size_t)2 * size));
  }
  X509_free(certificate);
  return status;
}

const struct pw_property pw_connection_properties[] = {
  {"source.address", get_address, ADDRESS_SOURCE},
  {"source.port", get_port, ADDRESS_SOURCE},
  {"destination.address", get_address, ADDRESS_DESTINATION},
  {"destination.port", get_port, ADDRESS_DESTINATION},
  {"connection.id", get_connection_id, 0},
  {"connection_id", get_connection_id, 0},
  {"connection.tls_version", get_tls_version, 0},
  {"connection.requested_server_name", get_server_name, 0},
  {"connection.mtls", get_mtls, 0},
  {"connection.subject_local_certificate", get_subject, OF_LOCAL},
  {"connection.subject_peer_certificate", get_subject, 0},
  {"connection.dns_san_local_certificate", get_alternative_name, OF_LOCAL},
  {"connection.dns_san_peer_certificate", get_alternative_name, 0},
  {"connection.uri_san_local_certificate", get_alternative_name, OF_LOCAL | OF_URI},
  {"connection.uri_san_peer_certificate", get_alternative_name, OF_URI},
  {"connection.sha256_peer_certificate_digest", get_digest, 0},
  {"upstream.address", get_address, ADDRESS_UPSTREAM},
  {"upstream.port", get_port, ADDRESS_UPSTREAM},
  {"upstream.local_address", get_address, ADDRESS_UPSTREAM_LOCAL},
  {"upstream.local_port", get_port, ADDRESS_UPSTREAM_LOCAL},
  {"upstream.tls_version", get_tls_version, OF_UPSTREAM},
  {"upstream.subject_local_certificate", get_subject, OF_UPSTREAM | OF_LOCAL},
  {"upstream.subject_peer_certificate", get_subject, OF_UPSTREAM},
  {"upstream.dns_san_local_certificate", get_alternative_name, OF_UPSTREAM | OF_LOCAL},
  {"upstream.dns_san_peer_certificate", get_alternative_name, OF_UPSTREAM},
  {"upstream.uri_san_local_certificate", get_alternative_name, OF_UPSTREAM | OF_LOCAL | OF_URI},
  {"upstream.uri_san_peer_certificate", get_alternative_name, OF_UPSTREAM | OF_URI},
  {"upstream.sha256_peer_certificate_digest", get_digest, OF_UPSTREAM},
};
const size_t pw_connection_property_count = sizeof(pw_connection_properties) / sizeof(pw_connection_properties[0]);
