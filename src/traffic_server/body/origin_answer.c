/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic_server/body/origin_answer.h"

#include "traffic_server/body/interim_response.h"

/* An interim response that is larger is no response. */
#define INTERIM_BYTES 16384

bool
pw_origin_answer_is_final(TSIOBufferReader reader)
{
  char    bytes[INTERIM_BYTES];
  bool    final = false;
  int64_t size  = TSIOBufferReaderAvail(reader);
  size          = size < INTERIM_BYTES ? size : INTERIM_BYTES;
  TSIOBufferReaderCopy(reader, bytes, size);
  int64_t interim = (int64_t)pw_interim_responses(pw_view_make(bytes, (size_t)size), &final);
  TSIOBufferReaderConsume(reader, interim);
  return final || (interim == 0 && size == INTERIM_BYTES);
}
