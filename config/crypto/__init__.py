"""Encryption at rest: the key ring, encrypted columns and sealed streams.

Everything is AES-256-GCM from `cryptography`; associated data ties a ciphertext to the row, field or
slice it was made for, so one that is moved, swapped or altered does not open.
"""
