// jemalloc's settings for this program; see conf.c. There is nothing to call.
