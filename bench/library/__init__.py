# SPDX-License-Identifier: Apache-2.0
"""What the questions share: load and CPU time, paired rounds, reports."""
