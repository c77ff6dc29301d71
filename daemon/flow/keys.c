/* keys.c - who may come in: grant, revoke, principals.
 *
 * Layer     flow; rows of kinds.c.
 * Not here  letting in and refusing (ports/keyring.c). */
#include <string.h>

#include "flow/kinds.h"
#include "io/keys.h"
#include "ports/keyring.h"
#include "ports/pool.h"
#include "ports/store.h"
#include "wire/frame.h"

struct keys {
	struct exchange *e;
	struct store_grant grant;
	struct store_principal *principals;
};

static void on_done(struct store_op *op, enum cvn_err err);

static enum verdict start(struct exchange *e, struct keys *k, enum store_grant_verb what, size_t n)
{
	enum cvn_err err;

	k->e = e;
	k->grant =
		(struct store_grant){ .op = { .done_cb = on_done, .deadline_ms = e->deadline_ms },
				      .what = what,
				      .principals = k->principals,
				      .n_principals = n };
	err = store_grant_start(e->flow->ports->store, &k->grant);
	return err == CVN_OK ? WAIT : exchange_fault(e, err, NULL);
}

static void on_done(struct store_op *op, enum cvn_err err)
{
	exchange_resume(CONTAINER_OF(op, struct keys, grant.op)->e, err);
}

static struct keys *keys_of(struct exchange *e, const char *field, size_t n)
{
	struct keys *k = exchange_act(e, sizeof *k);

	if (k == NULL)
		return NULL;
	k->principals = arena_array(&e->arena, n + 1, sizeof *k->principals);
	if (n == 0)
		exchange_fault(e, CVN_EINVALID, "there is no key in it");
	else if (n > STORE_BATCH_MAX)
		exchange_too_many(e, field, STORE_BATCH_MAX);
	else if (k->principals == NULL)
		exchange_fault(e, CVN_ENOMEM, NULL);
	return e->err == CVN_OK ? k : NULL;
}

enum verdict grant_start(struct exchange *e)
{
	const Convene__V1__Grant *call = e->call->grant;
	struct keys *k = keys_of(e, "principals", call->n_principals);
	bool is_good = true;

	if (k == NULL)
		return FAULT;
	for (size_t i = 0; i < call->n_principals; i++) {
		const Convene__V1__Principal *p = call->principals[i];
		const char *field = "", *text = keyring_fault(p, &field);
		uint8_t *bytes;
		size_t n;

		if (text != NULL) {
			const char *path = arena_printf(&e->arena, "principals[%zu].%s", i, field);

			exchange_violation(e, path != NULL ? path : field, "PRINCIPAL_INVALID",
					   text);
			is_good = false;
			continue;
		}
		if (frame_encode(&p->base, &e->arena, &bytes, &n) != CVN_OK)
			return exchange_fault(e, CVN_ENOMEM, NULL);
		k->principals[i] = (struct store_principal){ .public_key = p->public_key,
							     .bytes = { bytes, n } };
	}
	return is_good ? start(e, k, STORE_GRANT, call->n_principals) :
			 exchange_fault(e, CVN_EINVALID, NULL);
}

static bool same_text(const char *is, const char *asked)
{
	return strcmp(is, asked != NULL ? asked : "") == 0;
}

/* Does the key stand for just that already? */
static bool is_same(const struct principal *is, const Convene__V1__Principal *asked)
{
	bool same = is != NULL && same_text(role_name(is->role), asked->role) &&
		    same_text(is->subject, asked->subject) && same_text(is->name, asked->name) &&
		    is->n_programmes == asked->n_programmes &&
		    is->n_disciplines == asked->n_disciplines;

	for (size_t i = 0; same && i < asked->n_programmes; i++)
		same = same_text(is->programmes[i], asked->programmes[i]);
	for (size_t i = 0; same && i < asked->n_disciplines; i++)
		same = same_text(is->disciplines[i], asked->disciplines[i]);
	return same;
}

/* A key that could subscribe or work, and now means something else, has to show itself anew. */
static void show_anew(struct exchange *e, bool had_reader, bool had_worker)
{
	if (had_reader)
		front_revoked(e->flow->ports->front);
	if (had_worker)
		pool_revoked(e->flow->ports->pool);
}

enum verdict grant_done(struct exchange *e)
{
	const Convene__V1__Grant *call = e->call->grant;
	struct keyring *keyring = e->flow->ports->keyring;
	struct keys *k = e->act;
	bool had_reader = false, had_worker = false;
	int64_t n_changed = 0;

	if (e->err != CVN_OK)
		return exchange_fault(e, e->err, k->grant.op.fault);
	for (size_t i = 0; i < call->n_principals; i++) {
		const struct principal *before =
			keyring_find(keyring, call->principals[i]->public_key);
		enum cvn_err err;

		if (is_same(before, call->principals[i]))
			continue;
		n_changed++;
		had_reader |= before != NULL && (before->role & ROLES_READING) != 0;
		had_worker |= before != NULL && before->role == ROLE_WORKER;
		err = keyring_set(keyring, call->principals[i]);
		if (err != CVN_OK)
			return exchange_fault(e, err, NULL);
	}
	show_anew(e, had_reader, had_worker);
	return exchange_done(e, 0, n_changed);
}

enum verdict revoke_start(struct exchange *e)
{
	const Convene__V1__Revoke *call = e->call->revoke;
	struct keys *k = keys_of(e, "public_keys", call->n_public_keys);

	if (k == NULL)
		return FAULT;
	for (size_t i = 0; i < call->n_public_keys; i++) {
		if (!keys_is_key(call->public_keys[i])) {
			const char *path = arena_printf(&e->arena, "public_keys[%zu]", i);

			exchange_violation(e, path != NULL ? path : "public_keys", "KEY_INVALID",
					   "a key is 40 characters of Z85");
			return exchange_fault(e, CVN_EINVALID, NULL);
		}
		k->principals[i].public_key = call->public_keys[i];
	}
	return start(e, k, STORE_REVOKE, call->n_public_keys);
}

/* Where it is not known whether the store has done it, the keys are shut out all the same: what
 * fails here fails closed. */
enum verdict revoke_done(struct exchange *e)
{
	const Convene__V1__Revoke *call = e->call->revoke;
	struct keyring *keyring = e->flow->ports->keyring;
	bool had_reader = false, had_worker = false;
	int64_t n = 0;

	for (size_t i = 0; i < call->n_public_keys; i++) {
		const struct principal *before = keyring_find(keyring, call->public_keys[i]);

		had_reader |= before != NULL && (before->role & ROLES_READING) != 0;
		had_worker |= before != NULL && before->role == ROLE_WORKER;
		n += keyring_drop(keyring, call->public_keys[i]);
	}
	show_anew(e, had_reader, had_worker);
	if (e->err != CVN_OK)
		return exchange_fault(e, e->err,
				      "the keys are shut out, but Redis may hold them still, and the "
				      "next start would let them in: revoke them again");
	return exchange_done(e, 0, n);
}

struct naming {
	struct exchange *e;
	Convene__V1__PrincipalList *list;
};

static void add(void *arg, const struct principal *p)
{
	struct naming *naming = arg;
	Convene__V1__Principal *m = arena_alloc(&naming->e->arena, sizeof *m);

	if (m == NULL) {
		naming->e->err = CVN_ENOMEM;
		return;
	}
	convene__v1__principal__init(m);
	m->public_key = (char *)(uintptr_t)p->key;
	m->role = (char *)(uintptr_t)role_name(p->role);
	m->subject = *p->subject != '\0' ? (char *)(uintptr_t)p->subject : NULL;
	m->name = *p->name != '\0' ? (char *)(uintptr_t)p->name : NULL;
	m->programmes = (char **)(uintptr_t)p->programmes;
	m->n_programmes = p->n_programmes;
	m->disciplines = (char **)(uintptr_t)p->disciplines;
	m->n_disciplines = p->n_disciplines;
	naming->list->principals[naming->list->n_principals++] = m;
}

enum verdict principals_start(struct exchange *e)
{
	struct naming naming = { .e = e, .list = arena_alloc(&e->arena, sizeof *naming.list) };

	if (naming.list == NULL)
		return exchange_fault(e, CVN_ENOMEM, NULL);
	convene__v1__principal_list__init(naming.list);
	naming.list->principals = arena_array(&e->arena, keyring_count(e->flow->ports->keyring) + 1,
					      sizeof(Convene__V1__Principal *));
	if (naming.list->principals == NULL)
		return exchange_fault(e, CVN_ENOMEM, NULL);
	keyring_each(e->flow->ports->keyring, add, &naming);
	e->reply.of_case = CONVENE__V1__REPLY__OF_PRINCIPALS;
	e->reply.principals = naming.list;
	return e->err == CVN_OK ? NEXT : FAULT;
}
