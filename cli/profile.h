/* profile.h - where the daemon is and which key to speak with.
 *
 * An INI file with a section [client] and the keys endpoint, updates, server-key, key, programme.
 * `server-key` is a public key, or the path of a file that holds one; paths are relative to the
 * profile's real folder.
 *
 * Layer     cli.
 * Thread    one.
 * Limit     texts of PROFILE_TEXT bytes; what is longer is refused.
 * Not here  reading the key file itself (io/keys.h, through client.h). */
#pragma once
#include "cli/args.h"
#include "util/err.h"

#define PROFILE_TEXT 512

struct profile {
	char endpoint[PROFILE_TEXT];   /* tcp://127.0.0.1:7400 where nothing says otherwise */
	char updates[PROFILE_TEXT];    /* empty: the daemon tells */
	char server_key[PROFILE_TEXT]; /* Z85; empty: none, as for ipc:// */
	char key[PROFILE_TEXT];        /* path of the key file; empty: none */
	char programme[PROFILE_TEXT];  /* empty: the only one that the daemon knows */
	char path[PROFILE_TEXT];       /* of the file that was read; empty: there was none */
	char fault[PROFILE_TEXT + 80]; /* what is wrong, where profile_load() refuses */
};

/* Reads the profile that the options, $CONVENE_PROFILE or $XDG_CONFIG_HOME name, in this order, and
 * lays the options over it. Without any file the built-in values stand. CVN_EINVALID: a file that
 * was named is not there, or is wrong: `ret->fault` says how. */
CVN_MUST_CHECK enum cvn_err profile_load(const struct args *args, struct profile *ret);
