#include "ports/keyring.h"
#include "ports/keyring_private.h"

#include "domain/code.h"
#include "util/id.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	enum role role;
} ROLES[] = {
	{ "federation", ROLE_FEDERATION },     { "committee", ROLE_COMMITTEE },
	{ "working_body", ROLE_WORKING_BODY }, { "observer", ROLE_OBSERVER },
	{ "operator", ROLE_OPERATOR },         { "worker", ROLE_WORKER },
};

bool role_parse(const char *text, enum role *ret_role)
{
	for (size_t i = 0; i < N_ELEMENTS(ROLES) && text != NULL; i++) {
		if (strcmp(ROLES[i].name, text) == 0) {
			*ret_role = ROLES[i].role;
			return true;
		}
	}
	return false;
}

const char *role_name(enum role role)
{
	for (size_t i = 0; i < N_ELEMENTS(ROLES); i++) {
		if (ROLES[i].role == role)
			return ROLES[i].name;
	}
	return NULL;
}

enum cvn_err keyring_new(struct loop *loop, struct keyring **ret_keyring)
{
	struct keyring *keyring = calloc(1, sizeof(*keyring));
	enum cvn_err err;

	if (keyring == NULL)
		return CVN_ENOMEM;
	keyring->loop = loop;
	keyring->local = (struct principal){
		.key = KEYRING_LOCAL, .role = ROLE_OPERATOR, .subject = "", .name = "local"
	};
	err = keyring_proof_init(keyring);
	if (err == CVN_OK)
		err = keyring_zap_open(keyring);
	if (err != CVN_OK) {
		keyring_free(keyring);
		return err;
	}
	*ret_keyring = keyring;
	return CVN_OK;
}

static void remove_entry(struct keyring *keyring, struct keyring_entry *entry)
{
	HASH_DEL(keyring->entries, entry);
	free(entry);
}

void keyring_free(struct keyring *keyring)
{
	struct keyring_entry *entry, *after;

	if (keyring == NULL)
		return;
	keyring_proof_done(keyring);
	zsock_close(keyring->zap);
	HASH_ITER (hh, keyring->entries, entry, after)
		remove_entry(keyring, entry);
	free(keyring);
}

void keyring_complete(struct keyring *keyring)
{
	keyring->is_complete = true;
}

static const char *subject_fault(enum role role, const char *subject)
{
	if (role == ROLE_FEDERATION)
		return id_is_valid(subject) ? NULL : "must be the id of the federation";
	if (role == ROLE_COMMITTEE)
		return subject != NULL && code_is_noc(subject) ?
			       NULL :
			       "must be the committee's code of three letters";
	return subject == NULL || subject[0] == '\0' ? NULL :
						       "only federations and committees have one";
}

/* Whoever speaks for a committee in part is known by name. */
static const char *disciplines_fault(const Convene__V1__Principal *p, enum role role,
				     const char **ret_field)
{
	*ret_field = "disciplines";
	if (p->n_disciplines > 0 && role != ROLE_COMMITTEE)
		return "only a committee's key can be for some disciplines";
	if (p->n_disciplines > KEYRING_DISCIPLINES)
		return "are too many";
	for (size_t i = 0; i < p->n_disciplines; i++) {
		if (p->disciplines[i][0] == '\0' ||
		    strlen(p->disciplines[i]) > KEYRING_TEXT_MAX)
			return "must be codes of disciplines";
	}
	*ret_field = "name";
	if (p->n_disciplines > 0 && (p->name == NULL || p->name[0] == '\0'))
		return "must be there where a committee's key is for some disciplines only";
	return NULL;
}

const char *keyring_fault(const Convene__V1__Principal *principal, const char **ret_field)
{
	const char *why;
	enum role role;

	*ret_field = "public_key";
	if (!keys_is_key(principal->public_key))
		return "must be a CURVE public key in Z85: 40 characters";
	*ret_field = "role";
	if (!role_parse(principal->role, &role))
		return "must be federation, committee, working_body, observer, operator or worker";
	*ret_field = "subject";
	why = subject_fault(role, principal->subject);
	if (why != NULL)
		return why;
	*ret_field = "name";
	if (principal->name != NULL && strlen(principal->name) > KEYRING_TEXT_MAX)
		return "is too long";
	*ret_field = "programmes";
	if (principal->n_programmes > KEYRING_PROGRAMMES)
		return "are too many";
	for (size_t i = 0; i < principal->n_programmes; i++) {
		if (!id_is_valid(principal->programmes[i]))
			return "must be ids of programmes";
	}
	return disciplines_fault(principal, role, ret_field);
}

static size_t room_of(const char *text)
{
	return text != NULL ? strlen(text) + 1 : 1;
}

/* Copies `text` to *at and moves *at behind it. */
static const char *put_text(char **at, const char *text)
{
	char *copy = *at;

	strcpy(copy, text != NULL ? text : "");
	*at += room_of(text);
	return copy;
}

static struct keyring_entry *make_entry(const Convene__V1__Principal *from)
{
	size_t n_list = (from->n_programmes + from->n_disciplines) * sizeof(const char *);
	size_t n = sizeof(struct keyring_entry) + n_list + room_of(from->subject) +
		   room_of(from->name);
	struct keyring_entry *entry;
	const char **programmes, **disciplines;
	char *at;

	for (size_t i = 0; i < from->n_programmes; i++)
		n += room_of(from->programmes[i]);
	for (size_t i = 0; i < from->n_disciplines; i++)
		n += room_of(from->disciplines[i]);
	entry = calloc(1, n);
	if (entry == NULL)
		return NULL;
	programmes = (const char **)(entry + 1);
	disciplines = programmes + from->n_programmes;
	at = (char *)(entry + 1) + n_list;
	strcpy(entry->principal.key, from->public_key);
	CVN_REQUIRE(role_parse(from->role, &entry->principal.role));
	entry->principal.subject = put_text(&at, from->subject);
	entry->principal.name = put_text(&at, from->name);
	for (size_t i = 0; i < from->n_programmes; i++)
		programmes[i] = put_text(&at, from->programmes[i]);
	for (size_t i = 0; i < from->n_disciplines; i++)
		disciplines[i] = put_text(&at, from->disciplines[i]);
	entry->principal.programmes = programmes;
	entry->principal.n_programmes = from->n_programmes;
	entry->principal.disciplines = disciplines;
	entry->principal.n_disciplines = from->n_disciplines;
	return entry;
}

static struct keyring_entry *find(const struct keyring *keyring, const char *key)
{
	struct keyring_entry *entry;

	HASH_FIND_STR(keyring->entries, key, entry);
	return entry;
}

enum cvn_err keyring_set(struct keyring *keyring, const Convene__V1__Principal *principal)
{
	struct keyring_entry *entry, *old;
	const char *field;

	if (keyring_fault(principal, &field) != NULL)
		return CVN_EINVALID;
	old = find(keyring, principal->public_key);
	if (old == NULL && HASH_COUNT(keyring->entries) >= KEYRING_MAX)
		return CVN_ETOOLARGE;
	entry = make_entry(principal);
	if (entry == NULL)
		return CVN_ENOMEM;
	if (old != NULL)
		remove_entry(keyring, old);
	HASH_ADD_STR(keyring->entries, principal.key, entry);
	if (entry->hh.tbl == NULL) {
		free(entry);
		return CVN_ENOMEM;
	}
	return CVN_OK;
}

bool keyring_drop(struct keyring *keyring, const char *key)
{
	struct keyring_entry *entry = find(keyring, key);

	if (entry == NULL)
		return false;
	remove_entry(keyring, entry);
	return true;
}

void keyring_bar(struct keyring *keyring, const char *key)
{
	struct keyring_entry *entry = find(keyring, key);

	if (entry != NULL)
		entry->is_barred = true;
}

const struct principal *keyring_find(const struct keyring *keyring, const char *key)
{
	const struct keyring_entry *entry;

	if (key == NULL)
		return NULL;
	if (strcmp(key, KEYRING_LOCAL) == 0)
		return &keyring->local;
	entry = find(keyring, key);
	return entry != NULL ? &entry->principal : NULL;
}

size_t keyring_count(const struct keyring *keyring)
{
	return HASH_COUNT(keyring->entries);
}

void keyring_each(const struct keyring *keyring, void (*fn)(void *arg, const struct principal *p),
		  void *arg)
{
	struct keyring_entry *entry, *after;

	HASH_ITER (hh, keyring->entries, entry, after)
		fn(arg, &entry->principal);
}

bool principal_has_programme(const struct principal *principal, const char *programme)
{
	for (size_t i = 0; i < principal->n_programmes; i++) {
		if (strcmp(principal->programmes[i], programme) == 0)
			return true;
	}
	return principal->n_programmes == 0;
}

bool principal_reads_programme(const struct principal *principal, const char *programme)
{
	return (principal->role & ROLES_READING) != 0 &&
	       principal_has_programme(principal, programme);
}

const struct keyring_counts *keyring_counts(const struct keyring *keyring)
{
	return &keyring->counts;
}
