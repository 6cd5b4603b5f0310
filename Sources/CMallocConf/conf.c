// jemalloc reads this variable at its start (jemalloc(3), TUNING).
//
// A turn of a loop serves some hundred requests whose buffers are freed together at its end: thread caches that are too
// small for that go to the arena, and to its locks, every time. Buffers of bulk reads fit into the cache as well.
const char *malloc_conf = "tcache_max:131072,tcache_nslots_small_min:128";
