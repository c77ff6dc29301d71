#include "cli/chain_check.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name, *text;
} FAULTS[CHAIN_FAULTS] = {
	[CHAIN_ENTRY_ALTERED] = { "entry_altered", "the entry was altered" },
	[CHAIN_HASH_ALTERED] = { "hash_altered", "its hash in the chain was altered" },
	[CHAIN_EITHER_ALTERED] = { "either_altered", "the entry or its hash was altered" },
	[CHAIN_ENTRY_MISSING] = { "entry_missing", "the entry is missing from the log" },
	[CHAIN_HASH_MISSING] = { "hash_missing", "its hash is missing from the chain" },
	[CHAIN_ENTRY_ADDED] = { "entry_added", "an entry was added that was never committed" },
	[CHAIN_END_ALTERED] = { "end_altered",
				"the last hash is not the one that the programme's head names" },
	[CHAIN_CUT_OFF] = { "cut_off", "the log ends before the cursor that was expected" },
	[CHAIN_NOT_EXPECTED] = { "not_expected", "the expected hash is not that of the log" },
	[CHAIN_UNSEALED] = { "unsealed", "what follows is not bound into the chain" },
};

const char *chain_fault_name(enum chain_fault fault)
{
	return FAULTS[fault].name;
}

const char *chain_fault_text(enum chain_fault fault)
{
	return FAULTS[fault].text;
}

bool chain_expected_parse(const char *text, struct chain_expected *ret)
{
	struct chain_expected e = { .is_given = true };
	char *end = (char *)text;

	if (strchr(text, ':') != NULL) {
		e.cursor = strtoll(text, &end, 10);
		if (end == text || *end != ':' || e.cursor < 1)
			return false;
		end++;
	}
	if (!chain_parse(end, &e.hash))
		return false;
	*ret = e;
	return true;
}

void chain_check_init(struct chain_check *c, const char *programme,
		      const struct chain_expected *expected, chain_fault_fn *on_fault, void *arg)
{
	*c = (struct chain_check){ .expected = *expected, .on_fault = on_fault, .arg = arg };
	chain_begin(programme, &c->last);
}

void chain_check_done(struct chain_check *c)
{
	free(c->doubted);
	c->doubted = NULL;
}

static void say(struct chain_check *c, int64_t cursor, enum chain_fault fault,
		const ProtobufCBinaryData *stored)
{
	c->n_faults++;
	c->on_fault(c->arg, cursor, fault, stored);
}

static void begin_doubt(struct chain_check *c, const Convene__V1__AuditEntry *entry,
			const struct chain_hash *computed, const struct chain_hash *hash)
{
	c->is_in_doubt = true;
	c->computed = *computed;
	c->last = *hash;
	free(c->doubted);
	c->doubted = malloc(entry->stored.len + 1);
	c->n_doubted = c->doubted != NULL ? entry->stored.len : 0;
	if (c->n_doubted > 0)
		memcpy(c->doubted, entry->stored.data, c->n_doubted);
}

/* It is found out what was altered under the last cursor; its true hash stands from now on. */
static void end_doubt(struct chain_check *c, enum chain_fault fault)
{
	const ProtobufCBinaryData stored = { c->n_doubted, c->doubted };

	c->is_in_doubt = false;
	if (fault == CHAIN_HASH_ALTERED)
		c->last = c->computed;
	say(c, c->cursor, fault, &stored);
}

static bool hash_of(const Convene__V1__AuditEntry *entry, struct chain_hash *ret)
{
	if (!entry->has_hash || entry->hash.len != CHAIN_HASH_BYTES)
		return false;
	memcpy(ret->bytes, entry->hash.data, CHAIN_HASH_BYTES);
	return true;
}

static void next_of(const struct chain_hash *before, const Convene__V1__AuditEntry *entry,
		    struct chain_hash *ret)
{
	chain_next(before, entry->cursor, entry->version, entry->stored.data, entry->stored.len,
		   ret);
}

/* What was bound to the doubted entry tells whether it, or its hash, is as it was. */
static void solve_doubt(struct chain_check *c, const Convene__V1__AuditEntry *entry,
			const struct chain_hash *hash)
{
	struct chain_hash after_chain, after_entry;

	if (entry->has_stored && hash != NULL) {
		next_of(&c->last, entry, &after_chain);
		next_of(&c->computed, entry, &after_entry);
		if (chain_is(&after_chain, hash)) {
			end_doubt(c, CHAIN_ENTRY_ALTERED);
			return;
		}
		if (chain_is(&after_entry, hash)) {
			end_doubt(c, CHAIN_HASH_ALTERED);
			return;
		}
	}
	end_doubt(c, CHAIN_EITHER_ALTERED);
}

static void look_for_expected(struct chain_check *c, int64_t cursor,
			      const struct chain_hash *computed)
{
	const struct chain_expected *e = &c->expected;

	if (e->is_given && (e->cursor == 0 || e->cursor == cursor) && chain_is(&e->hash, computed))
		c->was_met = true;
}

static void look(struct chain_check *c, const Convene__V1__AuditEntry *entry,
		 const struct chain_hash *hash)
{
	struct chain_hash computed;

	c->cursor = entry->cursor;
	if (!entry->has_stored) {
		say(c, entry->cursor, CHAIN_ENTRY_MISSING, NULL);
		if (hash != NULL)
			c->last = *hash;
		return;
	}
	next_of(&c->last, entry, &computed);
	if (hash == NULL) {
		say(c, entry->cursor, CHAIN_HASH_MISSING, &entry->stored);
		c->last = computed;
	} else if (chain_is(&computed, hash)) {
		c->last = computed;
	} else {
		begin_doubt(c, entry, &computed, hash);
		look_for_expected(c, entry->cursor, &computed);
	}
	look_for_expected(c, entry->cursor, &c->last);
}

void chain_check_add(struct chain_check *c, const Convene__V1__AuditEntry *entry)
{
	struct chain_hash hash;
	const bool has_hash = hash_of(entry, &hash);

	if (entry->cursor <= c->cursor) {
		say(c, entry->cursor, CHAIN_ENTRY_ADDED,
		    entry->has_stored ? &entry->stored : NULL);
		return;
	}
	if (c->is_in_doubt)
		solve_doubt(c, entry, has_hash ? &hash : NULL);
	if (entry->cursor > c->cursor + 1)
		say(c, c->cursor + 1, CHAIN_ENTRY_MISSING, NULL);
	look(c, entry, has_hash ? &hash : NULL);
}

void chain_check_end(struct chain_check *c, int64_t sealed, const struct chain_hash *seal)
{
	if (c->is_in_doubt)
		end_doubt(c, seal != NULL && chain_is(&c->last, seal) ? CHAIN_ENTRY_ALTERED :
			     seal != NULL && chain_is(&c->computed, seal) ?
									  CHAIN_HASH_ALTERED :
									  CHAIN_EITHER_ALTERED);
	if (c->cursor < sealed)
		say(c, c->cursor + 1, CHAIN_ENTRY_MISSING, NULL);
	else if (sealed > 0 && (seal == NULL || !chain_is(&c->last, seal)))
		say(c, sealed, CHAIN_END_ALTERED, NULL);
	if (!c->expected.is_given || c->was_met)
		return;
	if (c->expected.cursor > c->cursor)
		say(c, c->cursor, CHAIN_CUT_OFF, NULL);
	else
		say(c, c->expected.cursor > 0 ? c->expected.cursor : c->cursor, CHAIN_NOT_EXPECTED,
		    NULL);
}
