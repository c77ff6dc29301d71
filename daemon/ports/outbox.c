/* outbox.c - In order of time: outbox_follow -> on_commit -> read -> on_entries -> take -> hand_on ->
 * read …; seal; pulse. */
#include "ports/outbox.h"
#include "io/loop.h"
#include "ports/seal.h"
#include "ports/store_read.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/id.h"
#include "util/list.h"
#include "util/log.h"
#include "wire/frame.h"
#include <stdlib.h>
#include <string.h>

#define PULSE_MS 1000
#define SEAL_MS 100 /* how long an entry may wait for others to be sealed with */
#define UPDATE_MAX_BYTES (1u << 20)

struct stream {
	struct outbox
		*outbox; /* NULL: the outbox is gone, and the read under way is the last to know */
	struct list_node link;
	struct store_log op;
	bool is_reading;
	bool has_more; /* something was committed since the read under way began */
	bool is_broken;
	int64_t read;            /* last cursor that was taken in */
	int64_t cursor, version; /* of the last update that was handed on; `read`, or more */
	struct seal *seal;
	char programme[ID_MAX_BYTES + 1];
};

struct outbox {
	struct loop *loop;
	struct store *store;
	struct outbox_options options;
	struct loop_timer *pulse;
	struct loop_timer *seal;
	struct list_node streams; /* stream::link */
	struct arena arena;       /* of one update */
	struct buf bytes;
};

static void on_commit(void *arg, const char *programme);
static void read_on(struct stream *stream);
static void on_entries(struct store_op *op, enum cvn_err err);
static enum cvn_err take(struct stream *stream, const struct store_entry *entry);
static enum cvn_err hand_on(struct stream *stream, const struct store_entry *entry);
static void on_sealed(void *arg);
static void on_unsealed(void *arg, const char *text);
static void on_seal(void *arg);
static void on_pulse(void *arg);

enum cvn_err outbox_new(struct loop *loop, struct store *store,
			const struct outbox_options *options, struct outbox **ret_outbox)
{
	struct outbox *outbox = calloc(1, sizeof(*outbox));

	CVN_REQUIRE(options->on_update != NULL && options->on_pulse != NULL &&
		    options->on_broken != NULL);
	if (outbox == NULL)
		return CVN_ENOMEM;
	outbox->loop = loop;
	outbox->store = store;
	outbox->options = *options;
	list_init(&outbox->streams);
	arena_init(&outbox->arena, FRAME_ARENA_BYTES);
	buf_init(&outbox->bytes, UPDATE_MAX_BYTES);
	if (loop_timer_new(loop, on_pulse, outbox, &outbox->pulse) != CVN_OK ||
	    loop_timer_new(loop, on_seal, outbox, &outbox->seal) != CVN_OK) {
		loop_timer_free(outbox->pulse);
		free(outbox);
		return CVN_ENOMEM;
	}
	loop_timer_start(outbox->pulse, PULSE_MS, PULSE_MS);
	loop_timer_start(outbox->seal, SEAL_MS, SEAL_MS);
	store_on_commit(store, on_commit, outbox);
	*ret_outbox = outbox;
	return CVN_OK;
}

static struct stream *find(const struct outbox *outbox, const char *programme)
{
	struct list_node *node, *after;

	LIST_EACH (node, after, (struct list_node *)&outbox->streams) {
		struct stream *stream = CONTAINER_OF(node, struct stream, link);

		if (strcmp(stream->programme, programme) == 0)
			return stream;
	}
	return NULL;
}

/* How far its chain goes, as the store found it; one that was put since has none. */
static enum cvn_err open_seal(struct stream *stream)
{
	struct store *store = stream->outbox->store;
	struct store_head head = { .programme = stream->programme };

	for (size_t i = 0; i < store_n_programmes(store); i++)
		if (strcmp(store_programme(store, i).programme, stream->programme) == 0)
			head = store_programme(store, i);
	return seal_new(store, stream->programme, &head,
			&(struct seal_events){ .stored_cb = on_sealed,
					       .broken_cb = on_unsealed,
					       .arg = stream },
			&stream->seal);
}

enum cvn_err outbox_follow(struct outbox *outbox, const char *programme, int64_t cursor,
			   int64_t version)
{
	struct stream *stream;

	CVN_REQUIRE(cursor >= 0);
	if (!id_is_valid(programme))
		return CVN_EPROGRAMME;
	if (find(outbox, programme) != NULL)
		return CVN_OK;
	stream = calloc(1, sizeof(*stream));
	if (stream == NULL)
		return CVN_ENOMEM;
	stream->outbox = outbox;
	stream->cursor = cursor;
	stream->version = version;
	strcpy(stream->programme, programme);
	if (open_seal(stream) != CVN_OK) {
		free(stream);
		return CVN_ENOMEM;
	}
	stream->read = seal_cursor(stream->seal) < cursor ? seal_cursor(stream->seal) : cursor;
	list_push(&outbox->streams, &stream->link);
	read_on(stream);
	return CVN_OK;
}

static void on_commit(void *arg, const char *programme)
{
	struct stream *stream = find(arg, programme);

	if (stream != NULL)
		read_on(stream);
}

static void read_on(struct stream *stream)
{
	if (stream->is_reading || stream->is_broken || !seal_has_room(stream->seal)) {
		stream->has_more = true;
		return;
	}
	stream->op = (struct store_log){
		.op = { .done_cb = on_entries, .deadline_ms = STORE_NO_DEADLINE, .patient = true },
		.programme = stream->programme,
		.after = stream->read,
		.limit = OUTBOX_BATCH,
	};
	stream->has_more = false;
	stream->is_reading = store_log_start(stream->outbox->store, &stream->op) == CVN_OK;
	/* refused (the store's queue is full): the next pulse reads */
}

static void on_entries(struct store_op *op, enum cvn_err err)
{
	struct stream *stream =
		CONTAINER_OF(CONTAINER_OF(op, struct store_log, op), struct stream, op);

	if (stream->outbox == NULL) {
		free(stream);
		return;
	}
	stream->is_reading = false;
	if (err != CVN_OK)
		return; /* the next pulse reads again */
	for (size_t i = 0; i < stream->op.ret_n; i++) {
		if (!seal_has_room(stream->seal)) {
			stream->has_more = true; /* on_sealed() reads on */
			break;
		}
		if (take(stream, &stream->op.ret_entries[i]) != CVN_OK) {
			stream->is_broken = true;
			stream->outbox->options.on_broken(
				stream->outbox->options.arg, stream->programme,
				"the log has a hole, or an entry that cannot be read");
			return;
		}
	}
	store_told(stream->outbox->store, stream->programme, stream->cursor);
	seal_store(stream->seal, SEAL_WHOLE_BATCHES);
	if (stream->has_more || stream->op.ret_n == OUTBOX_BATCH)
		read_on(stream);
}

/* Sealed first, and handed on unless it was before: by the daemon that died without sealing it. A
 * hole among those is nothing that can be handed on any more; it ends the sealing. */
static enum cvn_err take(struct stream *stream, const struct store_entry *entry)
{
	enum cvn_err err = seal_add(stream->seal, entry);

	if (entry->cursor <= stream->cursor) {
		if (err != CVN_OK)
			stream->read = stream->cursor;
		else if (entry->cursor > stream->read)
			stream->read = entry->cursor;
		return CVN_OK;
	}
	err = hand_on(stream, entry);
	if (err == CVN_OK)
		stream->read = stream->cursor;
	return err;
}

static enum cvn_err hand_on(struct stream *stream, const struct store_entry *entry)
{
	struct outbox *outbox = stream->outbox;
	struct frame_fault fault;
	ProtobufCMessage *message;
	enum cvn_err err;

	if (entry->cursor != stream->cursor + 1)
		return CVN_EBUG;
	buf_reset(&outbox->bytes);
	arena_reset(&outbox->arena);
	err = store_complete_update(stream->programme, entry, &outbox->bytes);
	if (err == CVN_OK)
		err = frame_decode(&convene__v1__update__descriptor, outbox->bytes.bytes,
				   outbox->bytes.n, &FRAME_LIMITS_PAGE, &outbox->arena, &message,
				   &fault);
	if (err != CVN_OK)
		return err;
	stream->cursor = entry->cursor;
	stream->version = entry->version;
	outbox->options.on_update(outbox->options.arg,
				  &(struct outbox_update){
					  .programme = stream->programme,
					  .cursor = entry->cursor,
					  .version = entry->version,
					  .update = (const Convene__V1__Update *)message,
					  .bytes = outbox->bytes.bytes,
					  .n = outbox->bytes.n,
				  });
	return CVN_OK;
}

static void on_sealed(void *arg)
{
	struct stream *stream = arg;

	if (stream->has_more && !stream->is_reading)
		read_on(stream);
}

static void on_unsealed(void *arg, const char *text)
{
	const struct stream *stream = arg;

	LOG_ERROR("outbox", "the audit record is no longer sealed", "programme", stream->programme,
		  "behind", seal_stored(stream->seal), "why", text);
}

static void on_seal(void *arg)
{
	struct outbox *outbox = arg;
	struct list_node *node, *after;

	LIST_EACH (node, after, &outbox->streams) {
		struct stream *stream = CONTAINER_OF(node, struct stream, link);

		seal_store(stream->seal, SEAL_NOW);
	}
}

/* Reads as well, whether or not anyone woke it: a write whose answer was lost, or that nobody
 * waited for, is found. */
static void on_pulse(void *arg)
{
	struct outbox *outbox = arg;
	struct list_node *node, *after;

	LIST_EACH (node, after, &outbox->streams) {
		struct stream *stream = CONTAINER_OF(node, struct stream, link);

		if (stream->is_broken)
			continue;
		outbox->options.on_pulse(outbox->options.arg, stream->programme, stream->cursor,
					 stream->version);
		if (!stream->is_reading)
			read_on(stream);
	}
}

void outbox_free(struct outbox *outbox)
{
	struct list_node *node;

	if (outbox == NULL)
		return;
	store_on_commit(outbox->store, NULL, NULL);
	while ((node = list_pop(&outbox->streams)) != NULL) {
		struct stream *stream = CONTAINER_OF(node, struct stream, link);

		seal_free(stream->seal);
		if (stream->is_reading)
			stream->outbox = NULL; /* on_entries() frees it */
		else
			free(stream);
	}
	loop_timer_free(outbox->pulse);
	loop_timer_free(outbox->seal);
	arena_done(&outbox->arena);
	buf_done(&outbox->bytes);
	free(outbox);
}

int64_t outbox_cursor(const struct outbox *outbox, const char *programme)
{
	const struct stream *stream = find(outbox, programme);

	return stream != NULL ? stream->cursor : -1;
}

uint64_t outbox_unsealed(const struct outbox *outbox)
{
	struct list_node *node, *after;
	uint64_t n = 0;

	LIST_EACH (node, after, (struct list_node *)&outbox->streams) {
		const struct stream *stream = CONTAINER_OF(node, struct stream, link);

		n += (uint64_t)(stream->cursor - seal_stored(stream->seal));
	}
	return n;
}
