#include "wire/json.h"

#include "convene/v1/programme.pb-c.h"
#include "util/utf8.h"
#include "wire/json_field.h"

#include <math.h>

/* Lists that a reader of a programme file expects to find, if only empty. */
static const struct {
	const ProtobufCMessageDescriptor *type;
	const char *field;
} ALWAYS_THERE[] = {
	{ &convene__v1__programme__descriptor, "parties" },
	{ &convene__v1__programme__descriptor, "guests" },
	{ &convene__v1__venue__descriptor, "disciplines" },
	{ &convene__v1__venue__descriptor, "facilities" },
	{ &convene__v1__venue__descriptor, "closed" },
	{ &convene__v1__federation__descriptor, "disciplines" },
	{ &convene__v1__request__descriptor, "windows" },
	{ &convene__v1__request__descriptor, "hosts" },
	{ &convene__v1__request__descriptor, "facilities" },
	{ &convene__v1__request__descriptor, "services" },
	{ &convene__v1__request__descriptor, "squads" },
};

static bool is_always_there(const ProtobufCMessageDescriptor *type,
			    const ProtobufCFieldDescriptor *field)
{
	size_t i;

	for (i = 0; i < N_ELEMENTS(ALWAYS_THERE); i++) {
		if (ALWAYS_THERE[i].type == type && strcmp(ALWAYS_THERE[i].field, field->name) == 0)
			return true;
	}
	return false;
}

static const void *member(const ProtobufCMessage *message, unsigned offset)
{
	return (const char *)message + offset;
}

/* Adds `value`, which may be NULL, and takes it. */
static bool put(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new_nocheck(object, key, value) == 0;
}

static json_t *of_text(const char *text)
{
	size_t n = text != NULL ? strlen(text) : 0;

	if (text == NULL || utf8_fault(text, n) >= 0)
		return json_null();
	return json_stringn_nocheck(text, n);
}

static json_t *of_enum(const ProtobufCEnumDescriptor *type, int value)
{
	const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(type, value);
	char word[64];

	if (v == NULL || !CVN_EXPECT(json_enum_word(type, v, word, sizeof(word))))
		return json_integer(value);
	return json_string_nocheck(word);
}

static json_t *of_unsigned(uint64_t v)
{
	return v <= INT64_MAX ? json_integer((json_int_t)v) : json_real((double)v);
}

static json_t *of_real(double v)
{
	return isfinite(v) ? json_real(v) : json_null(); /* JSON has no word for the others */
}

static json_t *of_period(const Convene__V1__Period *period)
{
	json_t *pair = json_array();

	if (json_array_append_new(pair, of_text(period->first)) != 0 ||
	    json_array_append_new(pair, of_text(period->last)) != 0) {
		json_decref(pair);
		return NULL;
	}
	return pair;
}

/* One value of the field; `at` points at it. */
static json_t *of_value(const ProtobufCFieldDescriptor *field, const void *at)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
		return json_integer(*(const int32_t *)at);
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
		return json_integer(*(const int64_t *)at);
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		return json_integer(*(const uint32_t *)at);
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		return of_unsigned(*(const uint64_t *)at);
	case PROTOBUF_C_TYPE_FLOAT:
		return of_real((double)*(const float *)at);
	case PROTOBUF_C_TYPE_DOUBLE:
		return of_real(*(const double *)at);
	case PROTOBUF_C_TYPE_BOOL:
		return json_boolean(*(const protobuf_c_boolean *)at);
	case PROTOBUF_C_TYPE_ENUM:
		return of_enum(field->descriptor, *(const int *)at);
	case PROTOBUF_C_TYPE_STRING:
		return of_text(*(char *const *)at);
	case PROTOBUF_C_TYPE_MESSAGE:
		return json_of_message(*(ProtobufCMessage *const *)at);
	case PROTOBUF_C_TYPE_BYTES:
		break;
	}
	/* No message has bytes: they have no form in JSON. */
	CVN_REQUIRE(field->type != PROTOBUF_C_TYPE_BYTES);
	return NULL;
}

static json_t *of_texts(Convene__V1__Text *const *texts, size_t n)
{
	json_t *object = json_object();
	size_t i;

	for (i = 0; i < n; i++) {
		const char *lang = texts[i]->lang != NULL ? texts[i]->lang : "";

		if (utf8_fault(lang, strlen(lang)) < 0 &&
		    !put(object, lang, of_text(texts[i]->text))) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static json_t *of_needs(Convene__V1__Need *const *needs, size_t n)
{
	json_t *object = json_object();
	size_t i;

	for (i = 0; i < n; i++) {
		const char *service = needs[i]->service != NULL ? needs[i]->service : "";
		json_t *staff = needs[i]->has_staff ? json_integer(needs[i]->staff) : json_null();

		if (utf8_fault(service, strlen(service)) >= 0) {
			json_decref(staff);
		} else if (!put(object, service, staff)) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static json_t *of_list(const ProtobufCFieldDescriptor *field, const void *elements, size_t n)
{
	size_t i, step = json_element_bytes(field->type);
	json_t *array;

	if (field->descriptor == &convene__v1__text__descriptor)
		return of_texts(elements, n);
	if (field->descriptor == &convene__v1__need__descriptor)
		return of_needs(elements, n);
	array = json_array();
	for (i = 0; i < n; i++) {
		json_t *value = of_value(field, (const char *)elements + i * step);

		if (json_array_append_new(array, value) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static bool is_present(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
		return *(const uint32_t *)member(message, field->quantifier_offset) == field->id;
	if (field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE)
		return *(void *const *)member(message, field->offset) != NULL;
	return *(const protobuf_c_boolean *)member(message, field->quantifier_offset) != 0;
}

json_t *json_of_message(const ProtobufCMessage *message)
{
	const ProtobufCMessageDescriptor *type = message->descriptor;
	json_t *object;
	unsigned i;

	if (type == &convene__v1__period__descriptor)
		return of_period((const Convene__V1__Period *)message);
	object = json_object();
	for (i = 0; i < type->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &type->fields[i];
		bool put_well = true;

		if (field->label == PROTOBUF_C_LABEL_REPEATED) {
			size_t n = *(const size_t *)member(message, field->quantifier_offset);
			const void *elements = *(void *const *)member(message, field->offset);

			if (n > 0 || is_always_there(type, field))
				put_well = put(object, field->name, of_list(field, elements, n));
		} else if (is_present(message, field)) {
			put_well = put(object, field->name,
				       of_value(field, member(message, field->offset)));
		}
		if (!put_well) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}
