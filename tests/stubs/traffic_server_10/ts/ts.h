/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ts.h
 * What the plugin uses of the API of Traffic Server 10, declared as it is there: C++ names, but for the entry points;
 * without what went with version 9. It is for compiling only: nothing here can be linked.
 */
#ifndef PROXYWASM_TESTS_STUBS_TRAFFIC_SERVER_10_TS_H
#define PROXYWASM_TESTS_STUBS_TRAFFIC_SERVER_10_TS_H

#ifndef __cplusplus
#error "the API of Traffic Server 10 is C++ only"
#endif

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <sys/socket.h>

#define TS_VERSION_MAJOR 10

/* --------------------------------------------------------------------------------------------------------------- types
 */

using TSMLoc           = struct tsapi_mloc *;
using TSMBuffer        = struct tsapi_mbuffer *;
using TSHttpTxn        = struct tsapi_httptxn *;
using TSHttpSsn        = struct tsapi_httpssn *;
using TSSslConnection  = struct tsapi_ssl_obj *;
using TSMutex          = struct tsapi_mutex *;
using TSCont           = struct tsapi_cont *;
using TSVConn          = struct tsapi_cont *;
using TSAction         = struct tsapi_action *;
using TSEventThread    = struct tsapi_event_thread *;
using TSTextLogObject  = struct tsapi_textlogobject *;
using TSHttpParser     = struct tsapi_httpparser *;
using TSVIO            = struct tsapi_vio *;
using TSIOBuffer       = struct tsapi_iobuffer *;
using TSIOBufferReader = struct tsapi_iobufferreader *;
using TSIOBufferBlock  = struct tsapi_iobufferblock *;
using TSHRTime         = int64_t;
using TSMgmtInt        = int64_t;

enum TSReturnCode { TS_ERROR = -1, TS_SUCCESS = 0 };

enum TSHttpStatus {
  TS_HTTP_STATUS_NONE                = 0,
  TS_HTTP_STATUS_SWITCHING_PROTOCOL  = 101,
  TS_HTTP_STATUS_OK                  = 200,
  TS_HTTP_STATUS_NO_CONTENT          = 204,
  TS_HTTP_STATUS_NOT_MODIFIED        = 304,
  TS_HTTP_STATUS_BAD_REQUEST         = 400,
  TS_HTTP_STATUS_FORBIDDEN           = 403,
  TS_HTTP_STATUS_BAD_GATEWAY         = 502,
  TS_HTTP_STATUS_SERVICE_UNAVAILABLE = 503
};

enum TSEvent {
  TS_EVENT_NONE                 = 0,
  TS_EVENT_IMMEDIATE            = 1,
  TS_EVENT_TIMEOUT              = 2,
  TS_EVENT_ERROR                = 3,
  TS_EVENT_VCONN_READ_READY     = 100,
  TS_EVENT_VCONN_WRITE_READY    = 101,
  TS_EVENT_VCONN_READ_COMPLETE  = 102,
  TS_EVENT_VCONN_WRITE_COMPLETE = 103,
  TS_EVENT_VCONN_EOS            = 104,

  TS_EVENT_VCONN_INACTIVITY_TIMEOUT = 105,
  TS_EVENT_VCONN_ACTIVE_TIMEOUT     = 106,

  TS_EVENT_NET_ACCEPT             = 202,
  TS_EVENT_NET_ACCEPT_FAILED      = 204,
  TS_EVENT_HTTP_CONTINUE          = 60000,
  TS_EVENT_HTTP_ERROR             = 60001,
  TS_EVENT_HTTP_READ_REQUEST_HDR  = 60002,
  TS_EVENT_HTTP_READ_RESPONSE_HDR = 60006,
  TS_EVENT_HTTP_SEND_RESPONSE_HDR = 60007,
  TS_EVENT_HTTP_TXN_CLOSE         = 60012,
  TS_EVENT_HTTP_SEND_REQUEST_HDR  = 60004,
  TS_EVENT_HTTP_POST_REMAP        = 60017
};

enum TSHttpHookID {
  TS_HTTP_READ_REQUEST_HDR_HOOK,
  TS_HTTP_OS_DNS_HOOK,
  TS_HTTP_SEND_REQUEST_HDR_HOOK,
  TS_HTTP_READ_CACHE_HDR_HOOK,
  TS_HTTP_READ_RESPONSE_HDR_HOOK,
  TS_HTTP_SEND_RESPONSE_HDR_HOOK,
  TS_HTTP_TXN_CLOSE_HOOK,
  TS_HTTP_POST_REMAP_HOOK,
  TS_HTTP_CACHE_LOOKUP_COMPLETE_HOOK,
  TS_HTTP_REQUEST_TRANSFORM_HOOK,
  TS_HTTP_RESPONSE_TRANSFORM_HOOK
};

enum TSLifecycleHookID { TS_LIFECYCLE_TASK_THREADS_READY_HOOK };
enum TSThreadPool { TS_THREAD_POOL_NET, TS_THREAD_POOL_TASK };
enum TSUserArgType { TS_USER_ARGS_TXN };
enum TSRecordDataType { TS_RECORDDATATYPE_INT = 1 };
enum TSStatPersistence { TS_STAT_PERSISTENT = 1, TS_STAT_NON_PERSISTENT };
enum TSStatSync { TS_STAT_SYNC_SUM };
enum TSHttpType { TS_HTTP_TYPE_UNKNOWN, TS_HTTP_TYPE_REQUEST, TS_HTTP_TYPE_RESPONSE };
enum TSParseResult { TS_PARSE_ERROR = -1, TS_PARSE_DONE = 0, TS_PARSE_OK = 1, TS_PARSE_CONT = 2 };
enum TSHttpCntlType { TS_HTTP_CNTL_LOGGING_MODE, TS_HTTP_CNTL_SKIP_REMAPPING };
enum TSOverridableConfigKey {
  TS_CONFIG_HTTP_ANONYMIZE_INSERT_CLIENT_IP,
  TS_CONFIG_HTTP_ANONYMIZE_REMOVE_CLIENT_IP,
  TS_CONFIG_HTTP_ANONYMIZE_REMOVE_COOKIE,
  TS_CONFIG_HTTP_ANONYMIZE_REMOVE_FROM,
  TS_CONFIG_HTTP_ANONYMIZE_REMOVE_REFERER,
  TS_CONFIG_HTTP_ANONYMIZE_REMOVE_USER_AGENT,
  TS_CONFIG_HTTP_ATTACH_SERVER_SESSION_TO_CLIENT,
  TS_CONFIG_HTTP_AUTH_SERVER_SESSION_PRIVATE,
  TS_CONFIG_HTTP_CACHE_GENERATION,
  TS_CONFIG_HTTP_CACHE_HTTP,
  TS_CONFIG_HTTP_CHUNKING_ENABLED,
  TS_CONFIG_HTTP_CHUNKING_SIZE,
  TS_CONFIG_HTTP_CONNECT_ATTEMPTS_MAX_RETRIES,
  TS_CONFIG_HTTP_CONNECT_ATTEMPTS_MAX_RETRIES_DOWN_SERVER,
  TS_CONFIG_HTTP_CONNECT_ATTEMPTS_RR_RETRIES,
  TS_CONFIG_HTTP_CONNECT_ATTEMPTS_TIMEOUT,
  TS_CONFIG_HTTP_DOWN_SERVER_CACHE_TIME,
  TS_CONFIG_HTTP_FORWARD_PROXY_AUTH_TO_PARENT,
  TS_CONFIG_HTTP_INSERT_AGE_IN_RESPONSE,
  TS_CONFIG_HTTP_INSERT_REQUEST_VIA_STR,
  TS_CONFIG_HTTP_INSERT_RESPONSE_VIA_STR,
  TS_CONFIG_HTTP_INSERT_SQUID_X_FORWARDED_FOR,
  TS_CONFIG_HTTP_KEEP_ALIVE_ENABLED_OUT,
  TS_CONFIG_HTTP_KEEP_ALIVE_NO_ACTIVITY_TIMEOUT_OUT,
  TS_CONFIG_HTTP_KEEP_ALIVE_POST_OUT,
  TS_CONFIG_HTTP_NORMALIZE_AE,
  TS_CONFIG_HTTP_NUMBER_OF_REDIRECTIONS,
  TS_CONFIG_HTTP_PARENT_PROXY_FAIL_THRESHOLD,
  TS_CONFIG_HTTP_PARENT_PROXY_RETRY_TIME,
  TS_CONFIG_HTTP_PARENT_PROXY_TOTAL_CONNECT_ATTEMPTS,
  TS_CONFIG_HTTP_PER_PARENT_CONNECT_ATTEMPTS,
  TS_CONFIG_HTTP_POST_CHECK_CONTENT_LENGTH_ENABLED,
  TS_CONFIG_HTTP_RESPONSE_HEADER_MAX_SIZE,
  TS_CONFIG_HTTP_RESPONSE_SERVER_ENABLED,
  TS_CONFIG_HTTP_SEND_HTTP11_REQUESTS,
  TS_CONFIG_HTTP_SERVER_SESSION_SHARING_MATCH,
  TS_CONFIG_HTTP_TRANSACTION_ACTIVE_TIMEOUT_OUT,
  TS_CONFIG_HTTP_TRANSACTION_NO_ACTIVITY_TIMEOUT_IN,
  TS_CONFIG_HTTP_TRANSACTION_NO_ACTIVITY_TIMEOUT_OUT,
  TS_CONFIG_HTTP_UNCACHEABLE_REQUESTS_BYPASS_PARENT,
  TS_CONFIG_NET_SOCK_OPTION_FLAG_OUT,
  TS_CONFIG_NET_SOCK_PACKET_MARK_OUT,
  TS_CONFIG_NET_SOCK_PACKET_TOS_OUT,
  TS_CONFIG_NET_SOCK_RECV_BUFFER_SIZE_OUT,
  TS_CONFIG_NET_SOCK_SEND_BUFFER_SIZE_OUT,
  TS_CONFIG_URL_REMAP_PRISTINE_HOST_HDR
};
enum TSMilestonesType { TS_MILESTONE_UA_FIRST_READ, TS_MILESTONE_SM_START };

struct TSPluginRegistrationInfo {
  const char *plugin_name;
  const char *vendor_name;
  const char *support_email;
};

constexpr long
TS_HTTP_VERSION(int a, int b)
{
  return ((long(a) & 0xFFFF) << 16) | (b & 0xFFFF);
}

using TSEventFunc = int (*)(TSCont contp, TSEvent event, void *edata);

constexpr TSMLoc TS_NULL_MLOC              = nullptr;
constexpr int    TS_LOG_MODE_ADD_TIMESTAMP = 1;
extern int       TS_HTTP_LEN_CONNECT;

extern const char *TS_MIME_FIELD_CONTENT_LENGTH;
extern const char *TS_MIME_FIELD_HOST;
extern const char *TS_MIME_FIELD_TRANSFER_ENCODING;
extern int         TS_MIME_LEN_CONTENT_LENGTH;
extern int         TS_MIME_LEN_HOST;
extern int         TS_MIME_LEN_TRANSFER_ENCODING;

/* ------------------------------------------------------------------------------------------------------- plugin and
 * logs */

extern "C" void TSPluginInit(int argc, const char *argv[]);

TSReturnCode TSPluginRegister(const TSPluginRegistrationInfo *plugin_info);
TSReturnCode TSPluginDSOReloadEnable(int enabled);
const char  *TSConfigDirGet(void);
const char  *TSRuntimeDirGet(void);
void         TSMgmtUpdateRegister(TSCont contp, const char *plugin_name, const char *plugin_file_name = nullptr);
void         TSLifecycleHookAdd(TSLifecycleHookID id, TSCont contp);
void        *TSmalloc(size_t size);
TSReturnCode TSMgmtIntGet(const char *var_name, TSMgmtInt *result);

void TSNote(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void TSWarning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void TSError(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

class DbgCtl
{
public:
  explicit DbgCtl(char const *tag);
  bool on() const;
};
void stub_debug(DbgCtl const &control, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define Dbg(control, ...)                                                                                              \
  do {                                                                                                                 \
    if ((control).on()) {                                                                                              \
      stub_debug(control, __VA_ARGS__);                                                                                \
    }                                                                                                                  \
  } while (false)

TSReturnCode TSTextLogObjectCreate(const char *filename, int mode, TSTextLogObject *new_log_obj);
TSReturnCode TSTextLogObjectWrite(TSTextLogObject the_object, const char *format, ...)
  __attribute__((format(printf, 2, 3)));

int          TSStatCreate(const char *the_name, TSRecordDataType the_type, TSStatPersistence persist, TSStatSync sync);
TSReturnCode TSStatFindName(const char *name, int *idp);
void         TSStatIntSet(int the_stat, TSMgmtInt value);

/* --------------------------------------------------------------------------------------------- continuations and
 * threads */

TSMutex       TSMutexCreate(void);
TSCont        TSContCreate(TSEventFunc funcp, TSMutex mutexp);
void          TSContDestroy(TSCont contp);
void          TSContDataSet(TSCont contp, void *data);
void         *TSContDataGet(TSCont contp);
TSMutex       TSContMutexGet(TSCont contp);
TSAction      TSContScheduleOnPool(TSCont contp, TSHRTime timeout, TSThreadPool tp);
TSAction      TSContScheduleOnThread(TSCont contp, TSHRTime timeout, TSEventThread ethread);
TSAction      TSContScheduleEveryOnThread(TSCont contp, TSHRTime every, TSEventThread ethread);
TSEventThread TSEventThreadSelf(void);
void          TSActionCancel(TSAction actionp);

TSIOBuffer       TSIOBufferCreate(void);
void             TSIOBufferDestroy(TSIOBuffer bufp);
TSIOBufferReader TSIOBufferReaderAlloc(TSIOBuffer bufp);
int64_t          TSIOBufferWrite(TSIOBuffer bufp, const void *buf, int64_t length);
TSIOBufferBlock  TSIOBufferReaderStart(TSIOBufferReader readerp);
void             TSIOBufferReaderConsume(TSIOBufferReader readerp, int64_t nbytes);
int64_t          TSIOBufferReaderCopy(TSIOBufferReader readerp, void *buf, int64_t length);
TSIOBufferBlock  TSIOBufferBlockNext(TSIOBufferBlock blockp);
const char      *TSIOBufferBlockReadStart(TSIOBufferBlock blockp, TSIOBufferReader readerp, int64_t *avail);
TSVConn          TSHttpConnectWithPluginId(sockaddr const *addr, const char *tag, int64_t id);
TSVIO            TSVConnRead(TSVConn connp, TSCont contp, TSIOBuffer bufp, int64_t nbytes);
TSVIO            TSVConnWrite(TSVConn connp, TSCont contp, TSIOBufferReader readerp, int64_t nbytes);
void             TSVConnClose(TSVConn connp);
void             TSVConnAbort(TSVConn connp, int error);
void             TSVConnShutdown(TSVConn connp, int read, int write);
enum TSVConnCloseFlags { TS_VC_CLOSE_ABORT = -1, TS_VC_CLOSE_NORMAL = 1 };
int              TSVConnClosedGet(TSVConn connp);
TSVIO            TSVConnReadVIOGet(TSVConn connp);
TSVIO            TSVConnWriteVIOGet(TSVConn connp);
TSVConn          TSTransformCreate(TSEventFunc event_funcp, TSHttpTxn txnp);
TSVConn          TSTransformOutputVConnGet(TSVConn connp);
int              TSContCall(TSCont contp, TSEvent event, void *edata);
int64_t          TSIOBufferCopy(TSIOBuffer bufp, TSIOBufferReader readerp, int64_t length, int64_t offset);
int64_t          TSIOBufferReaderAvail(TSIOBufferReader readerp);
void             TSIOBufferReaderFree(TSIOBufferReader readerp);
void             TSVIOReenable(TSVIO viop);
TSIOBuffer       TSVIOBufferGet(TSVIO viop);
TSIOBufferReader TSVIOReaderGet(TSVIO viop);
TSCont           TSVIOContGet(TSVIO viop);
int64_t          TSVIONBytesGet(TSVIO viop);
void             TSVIONBytesSet(TSVIO viop, int64_t nbytes);
int64_t          TSVIONDoneGet(TSVIO viop);
void             TSVIONDoneSet(TSVIO viop, int64_t ndone);
int64_t          TSVIONTodoGet(TSVIO viop);

/* ----------------------------------------------------------------------------------------------------------
 * transactions */

void         TSHttpHookAdd(TSHttpHookID id, TSCont contp);
void         TSHttpTxnHookAdd(TSHttpTxn txnp, TSHttpHookID id, TSCont contp);
void         TSHttpTxnReenable(TSHttpTxn txnp, TSEvent event);
TSReturnCode TSHttpTxnShutDown(TSHttpTxn txnp, TSEvent event);
int          TSHttpTxnIsInternal(TSHttpTxn txnp);
const char  *TSHttpTxnPluginTagGet(TSHttpTxn txnp);
void         TSHttpTxnIntercept(TSCont contp, TSHttpTxn txnp);
int          TSHttpHdrVersionGet(TSMBuffer bufp, TSMLoc offset);
int64_t      TSHttpTxnServerReqBodyBytesGet(TSHttpTxn txnp);
void         TSHttpTxnServerRequestBodySet(TSHttpTxn txnp, char *buf, int64_t buflength);
int          TSHttpTxnIsCacheable(TSHttpTxn txnp, TSMBuffer request, TSMBuffer response);
TSReturnCode TSHttpTxnCntlSet(TSHttpTxn txnp, TSHttpCntlType ctrl, bool data);
TSReturnCode TSHttpTxnConfigIntGet(TSHttpTxn txnp, TSOverridableConfigKey conf, TSMgmtInt *value);
TSReturnCode TSHttpTxnConfigIntSet(TSHttpTxn txnp, TSOverridableConfigKey conf, TSMgmtInt value);
void         TSSkipRemappingSet(TSHttpTxn txnp, int flag);
void         TSHttpTxnStatusSet(TSHttpTxn txnp, TSHttpStatus status);
void         TSHttpTxnStatusSet(TSHttpTxn txnp, TSHttpStatus status, std::string_view setter);
void         TSHttpTxnErrorBodySet(TSHttpTxn txnp, char *buf, size_t buflength, char *mimetype);
uint64_t     TSHttpTxnIdGet(TSHttpTxn txnp);
TSHttpSsn    TSHttpTxnSsnGet(TSHttpTxn txnp);
TSReturnCode TSHttpTxnClientFdGet(TSHttpTxn txnp, int *fdp);
TSReturnCode TSHttpTxnServerFdGet(TSHttpTxn txnp, int *fdp);
void         TSHttpTxnUntransformedRespCache(TSHttpTxn txnp, int on);
void         TSHttpTxnTransformedRespCache(TSHttpTxn txnp, int on);
TSReturnCode TSHttpTxnServerReqGet(TSHttpTxn txnp, TSMBuffer *bufp, TSMLoc *offset);
TSReturnCode TSHttpTxnTransformRespGet(TSHttpTxn txnp, TSMBuffer *bufp, TSMLoc *offset);
TSReturnCode TSHttpTxnCachedRespGet(TSHttpTxn txnp, TSMBuffer *bufp, TSMLoc *offset);
int64_t      TSHttpSsnIdGet(TSHttpSsn ssnp);
const char  *TSHttpTxnClientProtocolStackContains(TSHttpTxn txnp, char const *tag);
const char  *TSHttpTxnServerProtocolStackContains(TSHttpTxn txnp, char const *tag);
TSReturnCode TSHttpTxnMilestoneGet(TSHttpTxn txnp, TSMilestonesType milestone, TSHRTime *time);
TSReturnCode TSUserArgIndexReserve(TSUserArgType type, const char *name, const char *description, int *arg_idx);
void         TSUserArgSet(void *data, int arg_idx, void *arg);
void        *TSUserArgGet(void *data, int arg_idx);

sockaddr const *TSHttpTxnClientAddrGet(TSHttpTxn txnp);
sockaddr const *TSHttpTxnIncomingAddrGet(TSHttpTxn txnp);
sockaddr const *TSHttpTxnOutgoingAddrGet(TSHttpTxn txnp);
sockaddr const *TSHttpTxnServerAddrGet(TSHttpTxn txnp);
TSVConn         TSHttpSsnClientVConnGet(TSHttpSsn ssnp);
TSVConn         TSHttpTxnServerVConnGet(TSHttpTxn txnp);
int             TSVConnIsSsl(TSVConn sslp);
TSSslConnection TSVConnSslConnectionGet(TSVConn sslp);

int     TSHttpTxnClientReqHdrBytesGet(TSHttpTxn txnp);
int64_t TSHttpTxnClientReqBodyBytesGet(TSHttpTxn txnp);
int     TSHttpTxnServerRespHdrBytesGet(TSHttpTxn txnp);
int     TSHttpTxnClientRespHdrBytesGet(TSHttpTxn txnp);
int64_t TSHttpTxnClientRespBodyBytesGet(TSHttpTxn txnp);

/* ---------------------------------------------------------------------------------------------------------------
 * headers */

TSReturnCode TSHttpTxnClientReqGet(TSHttpTxn txnp, TSMBuffer *bufp, TSMLoc *offset);
TSReturnCode TSHttpTxnClientRespGet(TSHttpTxn txnp, TSMBuffer *bufp, TSMLoc *offset);
TSReturnCode TSHttpTxnServerRespGet(TSHttpTxn txnp, TSMBuffer *bufp, TSMLoc *offset);
TSMBuffer    TSMBufferCreate(void);
TSReturnCode TSMBufferDestroy(TSMBuffer bufp);
TSReturnCode TSHandleMLocRelease(TSMBuffer bufp, TSMLoc parent, TSMLoc mloc);

TSHttpParser  TSHttpParserCreate(void);
void          TSHttpParserClear(TSHttpParser parser);
void          TSHttpParserDestroy(TSHttpParser parser);
TSParseResult TSHttpHdrParseResp(TSHttpParser parser, TSMBuffer bufp, TSMLoc offset, const char **start,
                                 const char *end);
TSMLoc        TSHttpHdrCreate(TSMBuffer bufp);
void          TSHttpHdrDestroy(TSMBuffer bufp, TSMLoc offset);
TSReturnCode  TSHttpHdrTypeSet(TSMBuffer bufp, TSMLoc offset, TSHttpType type);

const char  *TSHttpHdrMethodGet(TSMBuffer bufp, TSMLoc offset, int *length);
TSReturnCode TSHttpHdrMethodSet(TSMBuffer bufp, TSMLoc offset, const char *value, int length);
TSReturnCode TSHttpHdrUrlGet(TSMBuffer bufp, TSMLoc offset, TSMLoc *locp);
TSHttpStatus TSHttpHdrStatusGet(TSMBuffer bufp, TSMLoc offset);
TSReturnCode TSHttpHdrStatusSet(TSMBuffer bufp, TSMLoc offset, TSHttpStatus status);
TSReturnCode TSHttpHdrStatusSet(TSMBuffer bufp, TSMLoc offset, TSHttpStatus status, TSHttpTxn txnp,
                                std::string_view setter);
const char  *TSHttpHdrReasonGet(TSMBuffer bufp, TSMLoc offset, int *length);
TSReturnCode TSHttpHdrReasonSet(TSMBuffer bufp, TSMLoc offset, const char *value, int length);
const char  *TSHttpHdrReasonLookup(TSHttpStatus status);

int          TSMimeHdrFieldsCount(TSMBuffer bufp, TSMLoc offset);
TSMLoc       TSMimeHdrFieldGet(TSMBuffer bufp, TSMLoc hdr, int idx);
TSMLoc       TSMimeHdrFieldFind(TSMBuffer bufp, TSMLoc hdr, const char *name, int length);
TSMLoc       TSMimeHdrFieldNext(TSMBuffer bufp, TSMLoc hdr, TSMLoc field);
TSMLoc       TSMimeHdrFieldNextDup(TSMBuffer bufp, TSMLoc hdr, TSMLoc field);
TSReturnCode TSMimeHdrCreate(TSMBuffer bufp, TSMLoc *locp);
TSReturnCode TSMimeHdrFieldClone(TSMBuffer dest_bufp, TSMLoc dest_hdr, TSMBuffer src_bufp, TSMLoc src_hdr,
                                 TSMLoc src_field, TSMLoc *locp);
TSReturnCode TSMimeHdrFieldCreateNamed(TSMBuffer bufp, TSMLoc mh_mloc, const char *name, int name_len, TSMLoc *locp);
TSReturnCode TSMimeHdrFieldAppend(TSMBuffer bufp, TSMLoc hdr, TSMLoc field);
TSReturnCode TSMimeHdrFieldDestroy(TSMBuffer bufp, TSMLoc hdr, TSMLoc field);
const char  *TSMimeHdrFieldNameGet(TSMBuffer bufp, TSMLoc hdr, TSMLoc field, int *length);
const char  *TSMimeHdrFieldValueStringGet(TSMBuffer bufp, TSMLoc hdr, TSMLoc field, int idx, int *value_len_ptr);
unsigned int TSMimeHdrFieldValueUintGet(TSMBuffer bufp, TSMLoc hdr, TSMLoc field, int idx);
TSReturnCode TSMimeHdrFieldValueStringSet(TSMBuffer bufp, TSMLoc hdr, TSMLoc field, int idx, const char *value,
                                          int length);

const char  *TSUrlSchemeGet(TSMBuffer bufp, TSMLoc offset, int *length);
TSReturnCode TSUrlSchemeSet(TSMBuffer bufp, TSMLoc offset, const char *value, int length);
const char  *TSUrlHostGet(TSMBuffer bufp, TSMLoc offset, int *length);
TSReturnCode TSUrlHostSet(TSMBuffer bufp, TSMLoc offset, const char *value, int length);
int          TSUrlRawPortGet(TSMBuffer bufp, TSMLoc offset);
int          TSUrlPortGet(TSMBuffer bufp, TSMLoc offset);
TSReturnCode TSUrlPortSet(TSMBuffer bufp, TSMLoc offset, int port);
const char  *TSUrlPathGet(TSMBuffer bufp, TSMLoc offset, int *length);
TSReturnCode TSUrlPathSet(TSMBuffer bufp, TSMLoc offset, const char *value, int length);
const char  *TSUrlHttpQueryGet(TSMBuffer bufp, TSMLoc offset, int *length);
TSReturnCode TSUrlHttpQuerySet(TSMBuffer bufp, TSMLoc offset, const char *value, int length);

#endif
