/* SPDX-License-Identifier: Apache-2.0 */
/* Has no marker of an ABI version. */

int proxy_on_request_headers(int context_id, int header_count, int end_of_stream)
  __attribute__((export_name("proxy_on_request_headers")));

int
proxy_on_request_headers(int context_id, int header_count, int end_of_stream)
{
  return (context_id + header_count + end_of_stream) & 0;
}
