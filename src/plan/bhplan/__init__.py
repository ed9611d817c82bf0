# SPDX-License-Identifier: Apache-2.0
"""The plan tools of Bulkhead.

The compiler (source, board, compiler, rules, encode, ownermap) and the decompiler (decode) share no
code, so that a defect in one shows as a difference to the other. The proved judge is a C program.
"""
