#include "wire/json.h"

#include "convene/v1/programme.pb-c.h"
#include "util/utf8.h"
#include "wire/json_field.h"

#define KEY_SHOWN_BYTES 80 /* a longer key is cut in a path */

/* Where we are: from the value at hand up to the document. */
struct place {
	const struct place *above; /* NULL: the first one, whose key is the caller's path */
	const char *key;           /* NULL: an element, by its index */
	size_t index;
};

struct reader {
	struct arena *arena;
	struct json_faults *faults;
	const char *const *silent;
	bool out_of_memory;
};

static ProtobufCMessage *read_message(struct reader *r, const json_t *json,
				      const ProtobufCMessageDescriptor *type,
				      const struct place *place);

static const char *path_of(struct reader *r, const struct place *place)
{
	const char *above;

	if (place->above == NULL)
		return place->key;
	above = path_of(r, place->above);
	if (above == NULL)
		return NULL;
	if (place->key == NULL)
		return arena_printf(r->arena, "%s[%zu]", above, place->index);
	return arena_printf(r->arena, "%s%s%.*s", above, above[0] != '\0' ? "." : "",
			    utf8_cut(place->key, KEY_SHOWN_BYTES), place->key);
}

/* Past the limit it is only counted: then neither path nor text is worth memory. */
static bool is_kept(const struct reader *r, bool is_warning)
{
	return (is_warning ? r->faults->n_warnings : r->faults->n_errors) < JSON_FAULTS_MAX;
}

static void add_fault(struct reader *r, bool is_warning, const struct place *place,
		      const char *text)
{
	const char *path = is_kept(r, is_warning) ? path_of(r, place) : "";

	json_faults_add(r->faults, is_warning, path != NULL ? path : "", text);
}

static const char *kind_of(const json_t *json)
{
	switch (json_typeof(json)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "a list";
	case JSON_STRING:
		return "a text";
	case JSON_INTEGER:
		return "a whole number";
	case JSON_REAL:
		return "a number with a fraction";
	case JSON_TRUE:
	case JSON_FALSE:
		return "true or false";
	default:
		return "null";
	}
}

static void add_mismatch(struct reader *r, const struct place *place, const char *expected,
			 const json_t *json)
{
	const char *text = is_kept(r, /* is_warning= */ false) ?
				   arena_printf(r->arena, "%s is expected here, not %s", expected,
						kind_of(json)) :
				   "";

	add_fault(r, /* is_warning= */ false, place, text != NULL ? text : expected);
}

static void *note_memory(struct reader *r, void *at)
{
	if (at == NULL)
		r->out_of_memory = true;
	return at;
}

static bool read_text(struct reader *r, const json_t *json, const struct place *place, char **ret)
{
	char *text;

	if (!json_is_string(json)) {
		add_mismatch(r, place, "a text", json);
		return false;
	}
	if (strlen(json_string_value(json)) != json_string_length(json)) {
		add_fault(r, /* is_warning= */ false, place, "the text holds a NUL");
		return false;
	}
	text = note_memory(r, arena_strdup(r->arena, json_string_value(json)));
	if (text == NULL)
		return false;
	*ret = text;
	return true;
}

static bool read_integer(struct reader *r, const json_t *json, const struct place *place,
			 int64_t min, int64_t max, int64_t *ret)
{
	int64_t v;

	if (!json_is_integer(json)) {
		add_mismatch(r, place, "a whole number", json);
		return false;
	}
	v = json_integer_value(json);
	if (v < min || v > max) {
		add_fault(r, /* is_warning= */ false, place, "the number is out of range");
		return false;
	}
	*ret = v;
	return true;
}

static bool read_enum(struct reader *r, const json_t *json, const struct place *place,
		      const ProtobufCEnumDescriptor *type, int *ret)
{
	char word[64];
	unsigned i;

	if (!json_is_string(json)) {
		add_mismatch(r, place, "a word", json);
		return false;
	}
	for (i = 0; i < type->n_values; i++) {
		if (json_enum_word(type, &type->values[i], word, sizeof(word)) &&
		    strcmp(word, json_string_value(json)) == 0) {
			*ret = type->values[i].value;
			return true;
		}
	}
	add_fault(r, /* is_warning= */ false, place, "no such word is known");
	return false;
}

static bool read_number(struct reader *r, const ProtobufCFieldDescriptor *field, const json_t *json,
			const struct place *place, void *at)
{
	int64_t v = 0;

	switch (field->type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
		if (!read_integer(r, json, place, INT32_MIN, INT32_MAX, &v))
			return false;
		*(int32_t *)at = (int32_t)v;
		return true;
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		if (!read_integer(r, json, place, 0, UINT32_MAX, &v))
			return false;
		*(uint32_t *)at = (uint32_t)v;
		return true;
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		if (!read_integer(r, json, place, 0, INT64_MAX, &v))
			return false;
		*(uint64_t *)at = (uint64_t)v;
		return true;
	default:
		return read_integer(r, json, place, INT64_MIN, INT64_MAX, at);
	}
}

/* Reads one value of the field to `at`. False: nothing was written, and a fault was added. */
static bool read_value(struct reader *r, const ProtobufCFieldDescriptor *field, const json_t *json,
		       const struct place *place, void *at)
{
	ProtobufCMessage *message;

	switch (field->type) {
	case PROTOBUF_C_TYPE_STRING:
		return read_text(r, json, place, at);
	case PROTOBUF_C_TYPE_MESSAGE:
		message = read_message(r, json, field->descriptor, place);
		if (message != NULL)
			*(ProtobufCMessage **)at = message;
		return message != NULL;
	case PROTOBUF_C_TYPE_ENUM:
		return read_enum(r, json, place, field->descriptor, at);
	case PROTOBUF_C_TYPE_BOOL:
		if (!json_is_boolean(json)) {
			add_mismatch(r, place, "true or false", json);
			return false;
		}
		*(protobuf_c_boolean *)at = json_is_true(json);
		return true;
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_DOUBLE:
		if (!json_is_number(json)) {
			add_mismatch(r, place, "a number", json);
			return false;
		}
		if (field->type == PROTOBUF_C_TYPE_DOUBLE)
			*(double *)at = json_number_value(json);
		else
			*(float *)at = (float)json_number_value(json);
		return true;
	default:
		CVN_REQUIRE(field->type != PROTOBUF_C_TYPE_BYTES);
		return read_number(r, field, json, place, at);
	}
}

static ProtobufCMessage *new_message(struct reader *r, const ProtobufCMessageDescriptor *type)
{
	ProtobufCMessage *message = note_memory(r, arena_zalloc(r->arena, type->sizeof_message));

	if (message != NULL)
		protobuf_c_message_init(type, message);
	return message;
}

static ProtobufCMessage *read_period(struct reader *r, const json_t *json,
				     const struct place *place)
{
	Convene__V1__Period *period;
	char **days[2];
	size_t i;

	if (!json_is_array(json) || json_array_size(json) != 2) {
		add_fault(r, /* is_warning= */ false, place,
			  "a pair of days is expected here: [first, last]");
		return NULL;
	}
	period = (Convene__V1__Period *)new_message(r, &convene__v1__period__descriptor);
	if (period == NULL)
		return NULL;
	days[0] = &period->first;
	days[1] = &period->last;
	for (i = 0; i < 2; i++) {
		const json_t *day = json_array_get(json, i);

		if (!json_is_null(day))
			(void)read_text(r, day, &(struct place){ place, NULL, i }, days[i]);
	}
	return &period->base;
}

/* {"en": "…"} as a list of Text, {"medical": 3} as a list of Need. */
static ProtobufCMessage *read_pair(struct reader *r, const ProtobufCMessageDescriptor *type,
				   const char *key, const json_t *json, const struct place *place)
{
	ProtobufCMessage *pair = new_message(r, type);
	char *name = note_memory(r, arena_strdup(r->arena, key));
	Convene__V1__Need *need;
	Convene__V1__Text *text;

	if (pair == NULL || name == NULL)
		return NULL;
	if (type == &convene__v1__text__descriptor) {
		text = (Convene__V1__Text *)pair;
		text->lang = name;
		return json_is_null(json) || read_text(r, json, place, &text->text) ? pair : NULL;
	}
	need = (Convene__V1__Need *)pair;
	need->service = name;
	need->has_staff = !json_is_null(json);
	return json_is_null(json) ||
			       read_integer(r, json, place, INT64_MIN, INT64_MAX, &need->staff) ?
		       pair :
		       NULL;
}

static void read_pairs(struct reader *r, const ProtobufCFieldDescriptor *field, const json_t *json,
		       const struct place *place, ProtobufCMessage **elements, size_t *n)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)json, key, value) {
		struct place here = { place, key, 0 };
		ProtobufCMessage *pair = read_pair(r, field->descriptor, key, value, &here);

		if (pair != NULL)
			elements[(*n)++] = pair;
	}
}

/* Stands for an element that is wrong, so that the index in a later fault's path is still that of the
 * document: an empty one, the same for all of a list. */
static void stand_in(struct reader *r, const ProtobufCFieldDescriptor *field, void **shared, void *at)
{
	memset(at, 0, json_element_bytes(field->type));
	if (field->type != PROTOBUF_C_TYPE_STRING && field->type != PROTOBUF_C_TYPE_MESSAGE)
		return;
	if (*shared == NULL)
		*shared = field->type == PROTOBUF_C_TYPE_STRING ?
				  note_memory(r, arena_strdup(r->arena, "")) :
				  new_message(r, field->descriptor);
	*(void **)at = *shared;
}

static void read_list(struct reader *r, const ProtobufCFieldDescriptor *field, const json_t *json,
		      const struct place *place, ProtobufCMessage *message)
{
	bool is_pairs = field->descriptor == &convene__v1__text__descriptor ||
			field->descriptor == &convene__v1__need__descriptor;
	size_t i, n = 0, step = json_element_bytes(field->type), n_max;
	void *shared = NULL;
	char *elements;

	if (is_pairs ? !json_is_object(json) : !json_is_array(json)) {
		add_mismatch(r, place, is_pairs ? "an object" : "a list", json);
		return;
	}
	n_max = is_pairs ? json_object_size(json) : json_array_size(json);
	if (n_max == 0)
		return;
	elements = note_memory(r, arena_array(r->arena, n_max, step));
	if (elements == NULL)
		return;
	if (is_pairs)
		read_pairs(r, field, json, place, (ProtobufCMessage **)(void *)elements, &n);
	for (i = 0; !is_pairs && i < n_max; i++) {
		struct place here = { place, NULL, i };

		if (!read_value(r, field, json_array_get(json, i), &here, elements + i * step))
			stand_in(r, field, &shared, elements + i * step);
	}
	n = is_pairs ? n : n_max;
	*(size_t *)(void *)((char *)message + field->quantifier_offset) = n;
	*(void **)(void *)((char *)message + field->offset) = n > 0 ? elements : NULL;
}

static void read_field(struct reader *r, const ProtobufCFieldDescriptor *field, const json_t *json,
		       const struct place *place, ProtobufCMessage *message)
{
	char *at = (char *)message + field->offset;
	void *quantifier = (char *)message + field->quantifier_offset;

	if (field->label == PROTOBUF_C_LABEL_REPEATED) {
		read_list(r, field, json, place, message);
	} else if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
		if (*(uint32_t *)quantifier != 0)
			add_fault(r, /* is_warning= */ false, place,
				  "another key stands in its place already");
		else if (read_value(r, field, json, place, at))
			*(uint32_t *)quantifier = field->id;
	} else if (read_value(r, field, json, place, at)) {
		if (field->type != PROTOBUF_C_TYPE_STRING && field->type != PROTOBUF_C_TYPE_MESSAGE)
			*(protobuf_c_boolean *)quantifier = 1;
	}
}

static bool is_silent(const struct reader *r, const struct place *place, const char *key)
{
	const char *const *s = place->above == NULL ? r->silent : NULL;

	for (; s != NULL && *s != NULL; s++) {
		if (strcmp(*s, key) == 0)
			return true;
	}
	return false;
}

static ProtobufCMessage *read_message(struct reader *r, const json_t *json,
				      const ProtobufCMessageDescriptor *type,
				      const struct place *place)
{
	ProtobufCMessage *message;
	const char *key;
	json_t *value;

	if (type == &convene__v1__period__descriptor)
		return read_period(r, json, place);
	if (!json_is_object(json)) {
		add_mismatch(r, place, "an object", json);
		return NULL;
	}
	message = new_message(r, type);
	if (message == NULL)
		return NULL;
	json_object_foreach ((json_t *)json, key, value) {
		const ProtobufCFieldDescriptor *field =
			protobuf_c_message_descriptor_get_field_by_name(type, key);
		struct place here = { place, key, 0 };

		if (field == NULL && !is_silent(r, place, key))
			add_fault(r, /* is_warning= */ true, &here,
				  "this key is not known here, and was left out");
		else if (field != NULL && !json_is_null(value))
			read_field(r, field, value, &here, message);
	}
	return message;
}

enum cvn_err json_to_message(const json_t *json, const ProtobufCMessageDescriptor *type,
			     const char *path, const char *const *silent, struct arena *arena,
			     struct json_faults *faults, ProtobufCMessage **ret)
{
	struct reader r = { .arena = arena, .faults = faults, .silent = silent };
	struct place place = { .above = NULL, .key = path };
	size_t n_errors = faults->n_errors;
	ProtobufCMessage *message = read_message(&r, json, type, &place);

	*ret = message;
	if (r.out_of_memory)
		return CVN_ENOMEM;
	return message == NULL || faults->n_errors > n_errors ? CVN_EINVALID : CVN_OK;
}
