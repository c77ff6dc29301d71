/* keys.h - CURVE key pairs and the files that hold them.
 *
 * A key file has mode 0600 and two lines: "public-key KEY" and "secret-key KEY", in Z85; lines that
 * begin with # are comments. The public line may be missing.
 *
 * Layer     io: libzmq's CURVE, libsodium's wiping; blocks on files: at start, and in the
 *           command-line client, only.
 * Thread    any.
 * Limit     a file of at most KEYS_FILE_MAX bytes.
 * Not here  who holds which key (ports/keyring.h). */
#pragma once
#include "util/err.h"
#include <stdbool.h>

#define KEYS_TEXT 41 /* 40 characters of Z85 and the end */
#define KEYS_RAW 32  /* the same as bytes */
#define KEYS_FILE_MAX 4096

struct key_pair {
	char public_key[KEYS_TEXT];
	char secret_key[KEYS_TEXT];
};

/* Makes a fresh pair, whose public key is no word that a command takes for an option. CVN_ESYS libzmq without CURVE. */
CVN_MUST_CHECK enum cvn_err keys_generate(struct key_pair *ret_pair);

/* The public half of a secret key. CVN_EINVALID not a key. */
CVN_MUST_CHECK enum cvn_err keys_public_of(const char *secret_key, char ret_public[KEYS_TEXT]);

/* Is it a key in Z85: 40 characters of its alphabet, and one that decodes? NULL is none. */
bool keys_is_key(const char *text);

/* The text of a key's 32 bytes, as ZAP hands them over. */
void keys_text_of(const unsigned char raw[KEYS_RAW], char ret_text[KEYS_TEXT]);

/* Reads a key file. CVN_ENOTFOUND there is none, CVN_EFORBIDDEN others may read it (a file below
 * $CREDENTIALS_DIRECTORY is exempt: systemd guards that), CVN_EMALFORMED, CVN_EINVALID the halves
 * do not belong together, or a key from libzmq's manual, which everybody knows; CVN_EIO. */
CVN_MUST_CHECK enum cvn_err keys_load(const char *path, struct key_pair *ret_pair);

/* Why keys_load() gave this error, in words that a holder of the file can act on. A constant. */
const char *keys_fault(enum cvn_err err);

/* Writes a new key file, mode 0600, whole and synced or not at all. CVN_ECONFLICT there is one
 * already; CVN_EIO. */
CVN_MUST_CHECK enum cvn_err keys_save(const char *path, const struct key_pair *pair);

/* Overwrites the secret half. */
void keys_wipe(struct key_pair *pair);
