/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file remap.h
 * The entry points of remap plugins in Traffic Server 10; see ts.h beside it.
 */
#ifndef PROXYWASM_TESTS_STUBS_TRAFFIC_SERVER_10_REMAP_H
#define PROXYWASM_TESTS_STUBS_TRAFFIC_SERVER_10_REMAP_H

#include "ts.h"

struct TSRemapInterface {
  unsigned long size;
  unsigned long tsremap_version;
};

struct TSRemapRequestInfo {
  TSMLoc    mapFromUrl;
  TSMLoc    mapToUrl;
  TSMLoc    requestUrl;
  TSMBuffer requestBufp;
  TSMLoc    requestHdrp;
  int       redirect;
};

enum TSRemapStatus { TSREMAP_NO_REMAP = 0, TSREMAP_DID_REMAP = 1, TSREMAP_ERROR = -1 };

extern "C" TSReturnCode  TSRemapInit(TSRemapInterface *api_info, char *errbuf, int errbuf_size);
extern "C" void          TSRemapPreConfigReload(void);
extern "C" TSRemapStatus TSRemapDoRemap(void *ih, TSHttpTxn rh, TSRemapRequestInfo *rri);
extern "C" TSReturnCode  TSRemapNewInstance(int argc, char *argv[], void **ih, char *errbuf, int errbuf_size);
extern "C" void          TSRemapDeleteInstance(void *ih);

#endif
