/* SPDX-License-Identifier: Apache-2.0 */
/* An object that is no engine, for loader_test.c. */
int pw_test_no_engine(void) __attribute__((visibility("default")));

int
pw_test_no_engine(void)
{
  return 1;
}
