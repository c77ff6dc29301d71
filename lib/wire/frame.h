/* frame.h - one frame to one message and back: what a peer sent is refused before it can cost
 * anything.
 *
 * protobuf-c itself checks neither nesting, counts nor UTF-8, keeps unknown fields and takes many
 * times the memory of the bytes. So the bytes are walked first, guided by the descriptor; only what
 * passes is unpacked, into an arena with a budget. Refused are: what is over a limit; broken
 * encoding, groups, a wrong wire type, a number that its field cannot hold; unknown fields and enum
 * values; a singular field, or two of one oneof, given twice; a text that is not UTF-8 or holds a
 * NUL.
 *
 * Layer     wire: pure, bytes <-> structs.
 * Thread    any.
 * Limit     struct frame_limits, and the arena's own. No recursion beyond the limit on nesting.
 * Not here  what a text may say, which fields must be there, who may send it. */
#pragma once
#include "util/arena.h"
#include "util/buf.h"
#include "util/err.h"

#include <protobuf-c/protobuf-c.h>
#include <stdint.h>

#define FRAME_PATH_BYTES 256
#define FRAME_DEPTH_MAX 32           /* no limit on nesting may be higher */
#define FRAME_ARENA_BYTES (2u << 20) /* enough for any sane message within FRAME_LIMITS */

/* All inclusive. */
struct frame_limits {
	size_t bytes;        /* of the whole frame */
	unsigned depth;      /* messages within messages; the outermost is 1 */
	unsigned elements;   /* of repeated fields, in the whole frame */
	size_t string_bytes; /* of one text */
};

/* What anyone outside may send: 64 KiB, depth 16, 4,096 elements, texts of 8 KiB. */
extern const struct frame_limits FRAME_LIMITS;

/* What convened sends to its clients and exchanges with its workers: 4 MiB, since pages are larger
 * than calls. */
extern const struct frame_limits FRAME_LIMITS_PAGE;

/* What was wrong, and where. */
struct frame_fault {
	enum cvn_err err; /* CVN_ETOOLARGE, CVN_EMALFORMED, CVN_EUNKNOWN, CVN_ETEXT, CVN_ENOMEM */
	char path[FRAME_PATH_BYTES]; /* "submit.requests[0].id"; "": the frame; may be cut */
	const char *text;            /* one sentence; a constant */
	size_t limit;                /* CVN_ETOOLARGE: what would be right at most; 0: not known */
};

/* Checks and unpacks `n` bytes. `*ret` lives in `arena` (never free it by hand) until that is
 * reset; nothing of `bytes` is kept. On an error `*ret_fault` says which (the value is returned as
 * well) and `*ret` is left alone. O(n). */
CVN_MUST_CHECK enum cvn_err frame_decode(const ProtobufCMessageDescriptor *type,
					 const uint8_t *bytes, size_t n,
					 const struct frame_limits *limits, struct arena *arena,
					 ProtobufCMessage **ret, struct frame_fault *ret_fault);

/* Only the checks, nothing is unpacked. */
CVN_MUST_CHECK enum cvn_err frame_check(const ProtobufCMessageDescriptor *type,
					const uint8_t *bytes, size_t n,
					const struct frame_limits *limits,
					struct frame_fault *ret_fault);

/* Packs into the arena. CVN_ENOMEM. The message's texts must be UTF-8; no element of a repeated
 * field may be NULL. */
CVN_MUST_CHECK enum cvn_err frame_encode(const ProtobufCMessage *message, struct arena *arena,
					 uint8_t **ret_bytes, size_t *ret_n);

/* Packs to the end of a buffer. CVN_ETOOLARGE, CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err frame_encode_to(const ProtobufCMessage *message, struct buf *out);

/* A deep copy within an arena, through the packed form. CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err frame_copy(const ProtobufCMessage *message, struct arena *arena,
				       ProtobufCMessage **ret);

/* Appends one field to a packed message: protobuf reads fields in any order, so a stored message is
 * completed, or a message made of stored ones, without unpacking. The field must not be in it yet
 * (unless it is repeated). CVN_ETOOLARGE, CVN_ENOMEM. */
CVN_MUST_CHECK enum cvn_err frame_append_int(struct buf *out, uint32_t field, int64_t value);
CVN_MUST_CHECK enum cvn_err frame_append_text(struct buf *out, uint32_t field, const char *text);
CVN_MUST_CHECK enum cvn_err frame_append_bytes(struct buf *out, uint32_t field,
					       const uint8_t *bytes, size_t n);

/* An allocator for protobuf-c's own functions that takes from `arena` and gives nothing back. */
ProtobufCAllocator frame_allocator(struct arena *arena);

/* A text that nobody will change, for a field of a message that is only to be packed: protobuf-c
 * declares these without const. Borrows. */
static inline char *frame_text(const char *text)
{
	return (char *)text;
}
