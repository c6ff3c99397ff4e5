"""Doorbells of calls and of recordings at video vendors: each looks at rows and calls one service. Ids only."""
