/* copy.c - one walk along the descriptor, made twice: first it measures, then it lays out.
 *
 * Layer     domain; private to this folder.
 * Thread    any; pure. */
#include "domain/copy.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Where the copy is laid out. `base` NULL: only `used` is counted. */
struct block {
	char *base;
	size_t used;
};

static void *take(struct block *b, size_t n)
{
	void *at = b->base != NULL ? b->base + b->used : NULL;

	b->used += (n + _Alignof(max_align_t) - 1) / _Alignof(max_align_t) * _Alignof(max_align_t);
	return at;
}

static void *take_copy(struct block *b, const void *bytes, size_t n)
{
	void *at = take(b, n);

	if (at != NULL)
		memcpy(at, bytes, n);
	return at;
}

static ProtobufCMessage *lay_message(struct block *b, const ProtobufCMessage *message);

static size_t size_of(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return sizeof(int64_t);
	case PROTOBUF_C_TYPE_BOOL:
		return sizeof(protobuf_c_boolean);
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(ProtobufCBinaryData);
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(void *);
	default:
		return sizeof(int32_t);
	}
}

/* Copies what the member at `from` points to and writes the new pointer to `to`, which is NULL while measuring. */
static void lay_member(struct block *b, ProtobufCType type, const void *from, void *to)
{
	if (type == PROTOBUF_C_TYPE_STRING) {
		const char *text = *(char *const *)from;
		char *copy = text != NULL ? take_copy(b, text, strlen(text) + 1) : NULL;

		if (to != NULL)
			*(char **)to = copy;
	} else if (type == PROTOBUF_C_TYPE_MESSAGE) {
		const ProtobufCMessage *inner = *(ProtobufCMessage *const *)from;
		ProtobufCMessage *copy = inner != NULL ? lay_message(b, inner) : NULL;

		if (to != NULL)
			*(ProtobufCMessage **)to = copy;
	} else if (type == PROTOBUF_C_TYPE_BYTES) {
		const ProtobufCBinaryData *data = from;
		uint8_t *copy = data->len > 0 ? take_copy(b, data->data, data->len) : NULL;

		if (to != NULL)
			((ProtobufCBinaryData *)to)->data = copy;
	}
}

static void lay_repeated(struct block *b, const ProtobufCFieldDescriptor *field, const char *from, char *to)
{
	size_t n = *(const size_t *)(const void *)(from + field->quantifier_offset);
	size_t size = size_of(field->type);
	const char *elements = *(char *const *)(const void *)(from + field->offset);
	char *copy = n > 0 ? take_copy(b, elements, n * size) : NULL;

	if (to != NULL)
		*(char **)(void *)(to + field->offset) = copy;
	for (size_t i = 0; i < n; i++)
		lay_member(b, field->type, elements + i * size, copy != NULL ? copy + i * size : NULL);
}

static bool is_set(const ProtobufCFieldDescriptor *field, const char *from)
{
	if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) == 0)
		return true;
	return *(const uint32_t *)(const void *)(from + field->quantifier_offset) == field->id;
}

/* The nesting is that of the schema, which has no type that holds itself. */
static ProtobufCMessage *lay_message(struct block *b, const ProtobufCMessage *message)
{
	const ProtobufCMessageDescriptor *descriptor = message->descriptor;
	const char *from = (const char *)message;
	char *to = take_copy(b, message, descriptor->sizeof_message);

	for (unsigned i = 0; i < descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &descriptor->fields[i];

		if (field->label == PROTOBUF_C_LABEL_REPEATED)
			lay_repeated(b, field, from, to);
		else if (is_set(field, from))
			lay_member(b, field->type, from + field->offset, to != NULL ? to + field->offset : NULL);
	}
	if (to != NULL) {
		((ProtobufCMessage *)(void *)to)->n_unknown_fields = 0;
		((ProtobufCMessage *)(void *)to)->unknown_fields = NULL;
	}
	return (ProtobufCMessage *)(void *)to;
}

void *copy_message(const ProtobufCMessage *message)
{
	struct block b = { NULL, 0 };

	lay_message(&b, message);
	b.base = malloc(b.used);
	if (b.base == NULL)
		return NULL;
	b.used = 0;
	return lay_message(&b, message);
}
