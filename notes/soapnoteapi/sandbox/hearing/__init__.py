"""Hearing: a recording becomes words with times, who said them, and where something may be missing.

Modules: `audio` (any container to windows of samples), `channels` (one person a side or not, and gating),
`voice` (level, and where somebody speaks), `recogniser` (Whisper over a passage; inventions and loops removed),
`coverage` (voice without words, heard once more), `turns` (words to segments in the order spoken),
`sides` (whose channel is whose), `languages` (English or not), `medicines` (drug names perhaps misheard),
`listener` (one recording, window by window), `ears` (all of it), `weights` (the model on disk).
"""
