#include "io/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#define PUBLIC_WORD "public-key "
#define SECRET_WORD "secret-key "
#define KEY_CHARS 40

/* The secret keys that libzmq's manual prints: everybody has them. */
static const char *const WELL_KNOWN[] = {
	"JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6",
	"D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs",
};

bool keys_is_key(const char *text)
{
	static const char ALPHABET[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVW"
				       "XYZ.-:+=^!/*?&<>()[]{}@%$#";
	uint8_t raw[KEYS_RAW];

	if (text == NULL || strnlen(text, KEYS_TEXT) != KEY_CHARS ||
	    strspn(text, ALPHABET) != KEY_CHARS)
		return false;
	return zmq_z85_decode(raw, text) != NULL; /* groups above 2^32 decode to nothing */
}

enum cvn_err keys_generate(struct key_pair *ret_pair)
{
	do {
		if (zmq_curve_keypair(ret_pair->public_key, ret_pair->secret_key) != 0)
			return CVN_ESYS;
	} while (ret_pair->public_key[0] == '-'); /* one in 85; in a command it would be read as an option */
	return CVN_OK;
}

enum cvn_err keys_public_of(const char *secret_key, char ret_public[KEYS_TEXT])
{
	if (!keys_is_key(secret_key))
		return CVN_EINVALID;
	return zmq_curve_public(ret_public, secret_key) == 0 ? CVN_OK : CVN_EINVALID;
}

void keys_text_of(const unsigned char raw[KEYS_RAW], char ret_text[KEYS_TEXT])
{
	zmq_z85_encode(ret_text, raw, KEYS_RAW); /* cannot fail: 32 is a multiple of 4 */
}

void keys_wipe(struct key_pair *pair)
{
	sodium_memzero(pair->secret_key, sizeof(pair->secret_key));
}

/* May others than the owner read it? What systemd put below $CREDENTIALS_DIRECTORY is guarded by
 * systemd. */
static bool is_exposed(const char *path, const struct stat *st)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	size_t n = folder != NULL ? strlen(folder) : 0;

	if (n > 0 && strncmp(path, folder, n) == 0 && path[n] == '/')
		return false;
	return (st->st_mode & 077) != 0;
}

static enum cvn_err read_file(const char *path, char text[KEYS_FILE_MAX + 1])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum cvn_err err = CVN_OK;
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT ? CVN_ENOTFOUND : CVN_EIO;
	if (fstat(fd, &st) != 0)
		err = CVN_EIO;
	else if (!S_ISREG(st.st_mode) || st.st_size > KEYS_FILE_MAX)
		err = CVN_EMALFORMED;
	else if (is_exposed(path, &st))
		err = CVN_EFORBIDDEN;
	if (err == CVN_OK) {
		n = read(fd, text, KEYS_FILE_MAX);
		if (n < 0)
			err = CVN_EIO;
		else
			text[n] = '\0';
	}
	close(fd);
	return err;
}

/* A word, one space, 40 characters. The same word twice is as wrong as an unknown one. */
static bool parse_line(const char *line, struct key_pair *pair)
{
	size_t n = strlen(line);
	const size_t n_word = strlen(PUBLIC_WORD);
	char *to;

	if (n == 0 || line[0] == '#')
		return true;
	if (n != n_word + KEY_CHARS || !keys_is_key(line + n_word))
		return false;
	if (strncmp(line, PUBLIC_WORD, n_word) == 0)
		to = pair->public_key;
	else if (strncmp(line, SECRET_WORD, n_word) == 0)
		to = pair->secret_key;
	else
		return false;
	if (to[0] != '\0')
		return false;
	memcpy(to, line + n_word, KEYS_TEXT);
	return true;
}

static enum cvn_err parse(char *text, struct key_pair *pair)
{
	char *rest = text;
	char *line;

	while ((line = strsep(&rest, "\n")) != NULL) {
		if (!parse_line(line, pair))
			return CVN_EMALFORMED;
	}
	return pair->secret_key[0] != '\0' ? CVN_OK : CVN_EMALFORMED;
}

static enum cvn_err check(struct key_pair *pair)
{
	char derived[KEYS_TEXT];

	for (size_t i = 0; i < N_ELEMENTS(WELL_KNOWN); i++) {
		if (strcmp(pair->secret_key, WELL_KNOWN[i]) == 0)
			return CVN_EINVALID;
	}
	if (keys_public_of(pair->secret_key, derived) != CVN_OK)
		return CVN_EINVALID;
	if (pair->public_key[0] != '\0' && strcmp(pair->public_key, derived) != 0)
		return CVN_EINVALID;
	memcpy(pair->public_key, derived, sizeof(derived));
	return CVN_OK;
}

enum cvn_err keys_load(const char *path, struct key_pair *ret_pair)
{
	char text[KEYS_FILE_MAX + 1];
	struct key_pair pair = { .public_key = "" };
	enum cvn_err err = read_file(path, text);

	if (err == CVN_OK)
		err = parse(text, &pair);
	if (err == CVN_OK)
		err = check(&pair);
	if (err == CVN_OK)
		*ret_pair = pair;
	sodium_memzero(text, sizeof(text));
	keys_wipe(&pair);
	return err;
}

const char *keys_fault(enum cvn_err err)
{
	switch (err) {
	case CVN_ENOTFOUND:
		return "there is no such file";
	case CVN_EFORBIDDEN:
		return "others may read this key: chmod 600";
	case CVN_EMALFORMED:
		return "it is no key file as `convene keygen` writes one";
	case CVN_EINVALID:
		return "its keys do not belong together, or everybody knows them";
	default:
		return "it cannot be read";
	}
}

/* Written beside its place, synced, then linked there: a link, unlike a rename, never replaces. */
enum cvn_err keys_save(const char *path, const struct key_pair *pair)
{
	enum cvn_err err = CVN_EIO;
	char *beside = NULL;
	int fd;

	if (asprintf(&beside, "%s.XXXXXX", path) < 0)
		return CVN_ENOMEM;
	fd = mkostemp(beside, O_CLOEXEC); /* mode 0600 */
	if (fd < 0)
		goto free_name;
	if (dprintf(fd,
		    "# CURVE key pair: the secret half must stay with its owner.\n" PUBLIC_WORD
		    "%s\n" SECRET_WORD "%s\n",
		    pair->public_key, pair->secret_key) > 0 &&
	    fsync(fd) == 0) {
		if (link(beside, path) == 0)
			err = CVN_OK;
		else if (errno == EEXIST)
			err = CVN_ECONFLICT;
	}
	close(fd);
	unlink(beside);
free_name:
	free(beside);
	return err;
}
