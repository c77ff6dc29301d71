/* stand.c - one record after the other.
 *
 * Layer     workers/validator.
 * Thread    any; pure. */
#include "validator/stand.h"

struct standing {
	struct replica *replica;
	enum cvn_err err; /* the first; after it nothing is done */
};

static void stand_entity(struct standing *s, Convene__V1__Entity__OfCase kind, void *record)
{
	Convene__V1__Entity entity = CONVENE__V1__ENTITY__INIT;
	enum cvn_err err;

	if (s->err != CVN_OK)
		return;
	entity.of_case = kind;
	entity.city = record; /* all members of the union are pointers to messages */
	err = replica_put_entity(s->replica, &entity, 0);
	if (err != CVN_EMALFORMED)
		s->err = err;
}

static void stand_request(struct standing *s, Convene__V1__Request *request)
{
	Convene__V1__Standing standing = CONVENE__V1__STANDING__INIT;
	Convene__V1__Record record = CONVENE__V1__RECORD__INIT;

	if (s->err != CVN_OK || request->id == NULL || replica_find(s->replica, request->id) != NULL)
		return;
	record.id = request->id;
	record.content = request;
	record.standing = &standing;
	s->err = replica_put_record(s->replica, &record);
}

enum cvn_err stand_file(struct replica *replica, const struct programme_file *file)
{
	struct standing s = { replica, CVN_OK };

	if (file->programme != NULL)
		stand_entity(&s, CONVENE__V1__ENTITY__OF_PROGRAMME, file->programme);
	for (size_t i = 0; i < file->n_cities; i++)
		stand_entity(&s, CONVENE__V1__ENTITY__OF_CITY, file->cities[i]);
	for (size_t i = 0; i < file->n_venues; i++)
		stand_entity(&s, CONVENE__V1__ENTITY__OF_VENUE, file->venues[i]);
	for (size_t i = 0; i < file->n_services; i++)
		stand_entity(&s, CONVENE__V1__ENTITY__OF_OFFER, file->services[i]);
	for (size_t i = 0; i < file->n_federations; i++)
		stand_entity(&s, CONVENE__V1__ENTITY__OF_FEDERATION, file->federations[i]);
	for (size_t i = 0; i < file->n_squads; i++)
		stand_entity(&s, CONVENE__V1__ENTITY__OF_SQUAD, file->squads[i]);
	for (size_t i = 0; i < file->n_protected; i++)
		stand_entity(&s, CONVENE__V1__ENTITY__OF_PROTECTED, file->protected[i]);
	for (size_t i = 0; i < file->n_requests; i++)
		stand_request(&s, file->requests[i]);
	return s.err;
}
