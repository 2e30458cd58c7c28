/* SPDX-License-Identifier: Apache-2.0 */
/* Exports a callback with a signature that the ABI has not. */

void proxy_abi_version_0_2_1(void) __attribute__((export_name("proxy_abi_version_0_2_1")));
int  proxy_on_request_headers(long long context_id) __attribute__((export_name("proxy_on_request_headers")));

void
proxy_abi_version_0_2_1(void)
{
}

int
proxy_on_request_headers(long long context_id)
{
  return (int)context_id;
}
