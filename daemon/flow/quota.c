#include "flow/quota.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "ports/keyring.h"
#include "util/err.h"

struct quota_of {
	char key[KEYRING_KEY_TEXT];
	uint64_t n;
	UT_hash_handle hh;
};

void quota_init(struct quota *q, uint64_t per_principal_max, uint64_t all_max)
{
	*q = (struct quota){ .per_principal_max = per_principal_max, .all_max = all_max };
}

void quota_done(struct quota *q)
{
	struct quota_of *of, *next;

	HASH_ITER (hh, q->of, of, next) {
		HASH_DEL(q->of, of);
		free(of);
	}
}

bool quota_take(struct quota *q, const char *key, uint64_t n)
{
	struct quota_of *of;

	HASH_FIND_STR(q->of, key, of);
	if (q->n + n > q->all_max || (of != NULL ? of->n : 0) + n > q->per_principal_max)
		return false;
	if (of == NULL) {
		of = calloc(1, sizeof *of);
		if (of == NULL)
			return false;
		strncpy(of->key, key, sizeof of->key - 1);
		HASH_ADD_STR(q->of, key, of);
	}
	of->n += n;
	q->n += n;
	return true;
}

void quota_give_back(struct quota *q, const char *key, uint64_t n)
{
	struct quota_of *of;

	if (n == 0)
		return;
	HASH_FIND_STR(q->of, key, of);
	if (!CVN_EXPECT(of != NULL && of->n >= n && q->n >= n))
		return;
	of->n -= n;
	q->n -= n;
	if (of->n == 0) {
		HASH_DEL(q->of, of);
		free(of);
	}
}
