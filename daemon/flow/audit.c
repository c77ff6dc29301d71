/* audit.c - the audit record: the log as it is stored beside its chain of hashes, page by page.
 *
 * Layer     flow; a row of kinds.c.
 * Limit     STORE_BATCH_MAX cursors, EXCHANGE_REPLY_BYTES of entries a reply.
 * Not here  whether it fits together: the caller finds that out by itself (cli/audit.c), so that it
 *           need not trust this daemon. */
#include "flow/kinds.h"
#include "ports/store_audit.h"

struct audit {
	struct exchange *e;
	struct store_audit store;
};

static void on_audit(struct store_op *op, enum cvn_err err);

enum verdict audit_start(struct exchange *e)
{
	const Convene__V1__Audit *call = e->call->audit;
	struct audit *a = exchange_act(e, sizeof *a);
	enum cvn_err err;

	if (a == NULL)
		return FAULT;
	if (call->after < 0 || call->after > INT64_MAX / 2)
		exchange_violation(e, "after", "CURSOR_INVALID", "a cursor is 0 or more");
	if (call->limit < 0)
		exchange_violation(e, "limit", "LIMIT_INVALID", "a limit is 0 or more");
	if (e->n_violations > 0)
		return exchange_fault(e, CVN_EINVALID, NULL);
	a->e = e;
	a->store = (struct store_audit){ .op = { .done_cb = on_audit,
						 .deadline_ms = e->deadline_ms },
					 .programme = e->programme->id,
					 .after = call->after,
					 .limit = STORE_BATCH_MAX,
					 .bytes_max = EXCHANGE_REPLY_BYTES };
	if (call->has_limit && call->limit < STORE_BATCH_MAX)
		a->store.limit = call->limit;
	err = store_audit_start(e->flow->ports->store, &a->store);
	return err == CVN_OK ? WAIT : exchange_fault(e, err, NULL);
}

/* The answer is lent until the callback returns: resuming inside it is what uses it. */
static void on_audit(struct store_op *op, enum cvn_err err)
{
	exchange_resume(CONTAINER_OF(op, struct audit, store.op)->e, err);
}

static ProtobufCBinaryData copy(struct arena *arena, const uint8_t *bytes, size_t n)
{
	ProtobufCBinaryData data = { n, arena_memdup(arena, bytes, n) };

	return data;
}

/* What stands under one cursor; `entry` NULL: no entry. */
static Convene__V1__AuditEntry *page_entry(struct exchange *e, int64_t cursor,
					   const struct store_audit_entry *entry,
					   const uint8_t *hash)
{
	Convene__V1__AuditEntry *m = arena_alloc(&e->arena, sizeof *m);

	if (m == NULL)
		return NULL;
	convene__v1__audit_entry__init(m);
	m->has_cursor = 1;
	m->cursor = cursor;
	if (entry != NULL && entry->update.data != NULL) {
		m->has_version = m->has_stored = 1;
		m->version = entry->version;
		m->stored = copy(&e->arena, entry->update.data, entry->update.n);
	}
	if (hash != NULL) {
		m->has_hash = 1;
		m->hash = copy(&e->arena, hash, CHAIN_HASH_BYTES);
	}
	return (m->has_stored && m->stored.data == NULL) || (m->has_hash && m->hash.data == NULL) ?
		       NULL :
		       m;
}

/* Each cursor of the page once, whether it has an entry, a hash, or neither; a foreign entry under a
 * cursor that has one already comes as one more, without a hash. */
static bool fill(struct exchange *e, const struct store_audit *s, Convene__V1__AuditPage *page)
{
	size_t i = 0;

	for (int64_t cursor = s->after + 1; cursor <= s->ret_through; cursor++) {
		size_t k = (size_t)(cursor - s->after - 1);
		const uint8_t *hash =
			k < s->ret_n_hashes ? s->ret_hashes + k * CHAIN_HASH_BYTES : NULL;
		bool is_there = i < s->ret_n && s->ret_entries[i].cursor == cursor;

		do {
			const struct store_audit_entry *entry =
				is_there ? &s->ret_entries[i++] : NULL;
			Convene__V1__AuditEntry *m = page_entry(e, cursor, entry, hash);

			if (m == NULL)
				return false;
			page->entries[page->n_entries++] = m;
			hash = NULL;
		} while (is_there && i < s->ret_n && s->ret_entries[i].cursor == cursor);
	}
	return true;
}

enum verdict audit_done(struct exchange *e)
{
	struct audit *a = e->act;
	const struct store_audit *s = &a->store;
	Convene__V1__AuditPage *page = arena_alloc(&e->arena, sizeof *page);
	size_t n;

	if (e->err != CVN_OK)
		return exchange_fault(e, e->err, s->op.fault);
	if (page == NULL)
		return exchange_fault(e, CVN_ENOMEM, NULL);
	convene__v1__audit_page__init(page);
	n = (size_t)(s->ret_through - s->after) + s->ret_n;
	page->entries = arena_array(&e->arena, n + 1, sizeof *page->entries);
	if (page->entries == NULL || !fill(e, s, page))
		return exchange_fault(e, CVN_ENOMEM, NULL);
	page->has_last = page->has_sealed = 1;
	page->last = s->ret_cursor;
	page->sealed = s->ret_sealed;
	if (s->ret_sealed > 0) {
		page->has_seal = 1;
		page->seal = copy(&e->arena, s->ret_seal.bytes, CHAIN_HASH_BYTES);
		if (page->seal.data == NULL)
			return exchange_fault(e, CVN_ENOMEM, NULL);
	}
	page->has_next = s->limit > 0 && s->ret_through > s->after &&
			 s->ret_through < (s->ret_cursor > s->ret_sealed ? s->ret_cursor :
									   s->ret_sealed);
	page->next = s->ret_through;
	e->reply.of_case = CONVENE__V1__REPLY__OF_AUDIT;
	e->reply.audit = page;
	return NEXT;
}
