/* SPDX-License-Identifier: Apache-2.0 */
/* Is of an ABI version that there is not. */

void proxy_abi_version_9_9_9(void) __attribute__((export_name("proxy_abi_version_9_9_9")));

void
proxy_abi_version_9_9_9(void)
{
}
