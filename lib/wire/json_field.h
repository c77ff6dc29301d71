/* json_field.h - what reading and writing JSON both know of a message's fields. Private to
 * lib/wire.
 *
 * Layer     wire.
 * Thread    any. */
#pragma once
#include <ctype.h>
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Bytes of one element of a repeated field's array. */
static inline size_t json_element_bytes(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(void *);
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return sizeof(int64_t);
	default:
		return sizeof(int32_t);
	}
}

/* STATE_REVISION_REQUIRED of State → revision_required. False: it does not fit. */
static inline bool json_enum_word(const ProtobufCEnumDescriptor *type,
				  const ProtobufCEnumValue *value, char *word, size_t word_bytes)
{
	const char *name = value->name + strlen(type->short_name) + 1;
	size_t i;

	for (i = 0; i < word_bytes && name[i] != '\0'; i++)
		word[i] = (char)tolower((unsigned char)name[i]);
	if (i == word_bytes)
		return false;
	word[i] = '\0';
	return true;
}
