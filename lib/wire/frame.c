#include "wire/frame.h"

#include <string.h>

#define TAG_BYTES_MAX 5
#define VARINT_BYTES_MAX 10

enum { WIRE_VARINT = 0, WIRE_LENGTH = 2 };

static void *allocate(void *arena, size_t n)
{
	return arena_alloc(arena, n);
}

/* Of one message: was it the budget that ended, or memory? */
struct budget {
	struct arena *arena;
	bool is_spent;
};

static void *allocate_within(void *arg, size_t n)
{
	struct budget *budget = arg;

	budget->is_spent = budget->is_spent || n > arena_room(budget->arena);
	return arena_alloc(budget->arena, n);
}

static void give_nothing_back(void *arena, void *at)
{
	(void)arena;
	(void)at;
}

static size_t put_varint(uint8_t *at, uint64_t v)
{
	size_t n = 0;

	for (; v >= 0x80; v >>= 7)
		at[n++] = (uint8_t)(v | 0x80);
	at[n++] = (uint8_t)v;
	return n;
}

enum cvn_err frame_decode(const ProtobufCMessageDescriptor *type, const uint8_t *bytes, size_t n,
			  const struct frame_limits *limits, struct arena *arena,
			  ProtobufCMessage **ret, struct frame_fault *ret_fault)
{
	enum cvn_err err = frame_check(type, bytes, n, limits, ret_fault);
	struct budget budget = { .arena = arena };
	ProtobufCAllocator allocator = { .alloc = allocate_within,
					 .free = give_nothing_back,
					 .allocator_data = &budget };
	ProtobufCMessage *message;

	if (err != CVN_OK)
		return err;
	message = protobuf_c_message_unpack(type, &allocator, n, bytes);
	if (message == NULL) { /* the bytes were sound: what can be missing is memory */
		err = budget.is_spent ? CVN_ETOOLARGE : CVN_ENOMEM;
		*ret_fault =
			(struct frame_fault){ .err = err,
					      .text = "it takes more memory than one message may" };
		return err;
	}
	*ret = message;
	return CVN_OK;
}

enum cvn_err frame_encode(const ProtobufCMessage *message, struct arena *arena, uint8_t **ret_bytes,
			  size_t *ret_n)
{
	size_t n = protobuf_c_message_get_packed_size(message);
	uint8_t *bytes = arena_alloc(arena, n);

	if (bytes == NULL)
		return CVN_ENOMEM;
	protobuf_c_message_pack(message, bytes);
	*ret_bytes = bytes;
	*ret_n = n;
	return CVN_OK;
}

enum cvn_err frame_encode_to(const ProtobufCMessage *message, struct buf *out)
{
	size_t n = protobuf_c_message_get_packed_size(message);
	uint8_t *at;
	enum cvn_err err = buf_reserve(out, n, &at);

	if (err != CVN_OK)
		return err;
	if (n > 0)
		protobuf_c_message_pack(message, at);
	out->n += n;
	return CVN_OK;
}

enum cvn_err frame_copy(const ProtobufCMessage *message, struct arena *arena,
			ProtobufCMessage **ret)
{
	ProtobufCAllocator allocator = frame_allocator(arena);
	ProtobufCMessage *copy;
	uint8_t *bytes;
	size_t n;
	enum cvn_err err = frame_encode(message, arena, &bytes, &n);

	if (err != CVN_OK)
		return err;
	copy = protobuf_c_message_unpack(message->descriptor, &allocator, n, bytes);
	if (copy == NULL)
		return CVN_ENOMEM;
	*ret = copy;
	return CVN_OK;
}

enum cvn_err frame_append_int(struct buf *out, uint32_t field, int64_t value)
{
	uint8_t *at;
	enum cvn_err err = buf_reserve(out, TAG_BYTES_MAX + VARINT_BYTES_MAX, &at);

	if (err != CVN_OK)
		return err;
	out->n += put_varint(at, (uint64_t)field << 3 | WIRE_VARINT);
	out->n += put_varint(out->bytes + out->n, (uint64_t)value);
	return CVN_OK;
}

enum cvn_err frame_append_text(struct buf *out, uint32_t field, const char *text)
{
	return frame_append_bytes(out, field, (const uint8_t *)text, strlen(text));
}

enum cvn_err frame_append_bytes(struct buf *out, uint32_t field, const uint8_t *bytes, size_t n)
{
	uint8_t *at;
	enum cvn_err err = n > SIZE_MAX / 2 ? CVN_ETOOLARGE : CVN_OK;

	if (err == CVN_OK)
		err = buf_reserve(out, TAG_BYTES_MAX + VARINT_BYTES_MAX + n, &at);
	if (err != CVN_OK)
		return err;
	out->n += put_varint(at, (uint64_t)field << 3 | WIRE_LENGTH);
	out->n += put_varint(out->bytes + out->n, n);
	if (n > 0)
		memcpy(out->bytes + out->n, bytes, n);
	out->n += n;
	return CVN_OK;
}

ProtobufCAllocator frame_allocator(struct arena *arena)
{
	return (ProtobufCAllocator){ .alloc = allocate,
				     .free = give_nothing_back,
				     .allocator_data = arena };
}
