#include "flow/change.h"

#include <sodium.h>
#include <string.h>

#include "domain/lifecycle.h"
#include "util/id.h"
#include "wire/frame.h"

/* The ids that a request comes after, joined by spaces; what can't be an id can't close a circle.
 * */
static const char *join_after(const Convene__V1__Request *content, struct arena *arena)
{
	char *text = arena_alloc(arena, content->n_after * (ID_MAX_BYTES + 1) + 1);
	size_t n = 0;

	if (text == NULL)
		return NULL;
	for (size_t i = 0; i < content->n_after; i++) {
		const char *id = content->after[i]->request;

		if (!id_is_valid(id))
			continue;
		if (n > 0)
			text[n++] = ' ';
		memcpy(text + n, id, strlen(id));
		n += strlen(id);
	}
	text[n] = '\0';
	return text;
}

static enum cvn_err pack(const ProtobufCMessage *message, struct arena *arena,
			 struct store_bytes *ret)
{
	uint8_t *bytes;
	enum cvn_err err = frame_encode(message, arena, &bytes, &ret->n);

	if (err == CVN_OK)
		ret->data = bytes;
	return err;
}

void change_digest(struct store_bytes content, uint8_t ret_digest[CHANGE_DIGEST_BYTES])
{
	crypto_generichash(ret_digest, CHANGE_DIGEST_BYTES, content.data, content.n, NULL, 0);
}

static enum cvn_err pack_content(const Convene__V1__Request *content, struct arena *arena,
				 struct store_change *out)
{
	uint8_t *digest = arena_alloc(arena, CHANGE_DIGEST_BYTES);
	enum cvn_err err = pack(&content->base, arena, &out->content);

	out->after = join_after(content, arena);
	if (err != CVN_OK || digest == NULL || out->after == NULL)
		return CVN_ENOMEM;
	change_digest(out->content, digest);
	out->digest = (struct store_bytes){ digest, CHANGE_DIGEST_BYTES };
	return CVN_OK;
}

enum cvn_err change_pack(const struct change *change, struct arena *arena,
			 struct store_change *ret_change)
{
	struct store_change out = { .id = change->id,
				    .revision = change->revision,
				    .state = (int32_t)change->standing->state };
	Convene__V1__RequestChange told = CONVENE__V1__REQUEST_CHANGE__INIT;
	Convene__V1__Update update = CONVENE__V1__UPDATE__INIT;
	enum cvn_err err = CVN_OK;

	told.id = (char *)(uintptr_t)change->id;
	told.has_revision = 1;
	told.revision = change->revision;
	told.has_received_unix_ms = change->received_unix_ms != 0;
	told.received_unix_ms = change->received_unix_ms;
	told.content = (Convene__V1__Request *)(uintptr_t)change->content;
	told.standing = (Convene__V1__Standing *)(uintptr_t)change->standing;
	told.by = (char *)(uintptr_t)change->by;
	told.by_role = (char *)(uintptr_t)change->by_role;
	update.has_unix_ms = 1;
	update.unix_ms = change->unix_ms;
	update.of_case = CONVENE__V1__UPDATE__OF_REQUEST;
	update.request = &told;
	if (change->content != NULL)
		err = pack_content(change->content, arena, &out);
	if (err == CVN_OK)
		err = pack(&change->standing->base, arena, &out.standing);
	if (err == CVN_OK)
		err = pack(&update.base, arena, &out.update);
	if (err == CVN_OK)
		*ret_change = out;
	return err;
}

Convene__V1__Standing *change_standing(const Convene__V1__Standing *before, struct arena *arena)
{
	return arena_memdup(arena, before, sizeof *before);
}

void change_drop_place(Convene__V1__Standing *standing)
{
	standing->placement = NULL;
	standing->accept_by = NULL;
	standing->amend_by = NULL;
	standing->has_in_conflict = 0;
	standing->in_conflict = 0;
	standing->n_consents = 0;
	standing->consents = NULL;
	standing->n_consent_needed = 0;
	standing->consent_needed = NULL;
}

bool change_moves(const Convene__V1__Standing *before, const Convene__V1__Standing *after)
{
	bool had = before != NULL && lifecycle_has_place(before);
	bool has = lifecycle_has_place(after);

	if (had != has || !has)
		return had != has;
	return strcmp(before->placement->venue, after->placement->venue) != 0 ||
	       strcmp(before->placement->first_day, after->placement->first_day) != 0;
}
