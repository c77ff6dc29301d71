#include "fixture.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

const char FIXTURE_PROGRAMME[] =
	"{\"programme\": {\"id\": \"games\", \"first_day\": \"2026-01-01\", \"last_day\": \"2026-12-31\","
	"  \"parties\": [\"AAA\", \"BBB\"], \"guests\": [\"GGG\"],"
	"  \"facilities\": [{\"code\": \"gym\"}, {\"code\": \"lab\"}, {\"code\": \"ice\"}],"
	"  \"disciplines\": [{\"code\": \"ATH\"}, {\"code\": \"JUD\"}], \"local_disciplines\": [{\"code\": \"XSW\"}]},"
	" \"cities\": [{\"id\": \"a1\", \"noc\": \"AAA\", \"beds\": 200}, {\"id\": \"a2\", \"noc\": \"AAA\", \"beds\": 50},"
	"  {\"id\": \"b1\", \"noc\": \"BBB\", \"beds\": 100}],"
	" \"venues\": ["
	"  {\"id\": \"va1\", \"city\": \"a1\", \"disciplines\": [\"ATH\", \"JUD\"], \"facilities\": [\"gym\", \"lab\"],"
	"   \"units\": 2, \"level\": 4},"
	"  {\"id\": \"va2\", \"city\": \"a2\", \"disciplines\": [\"ATH\"], \"facilities\": [\"gym\"], \"units\": 4, \"level\": 2},"
	"  {\"id\": \"vb1\", \"city\": \"b1\", \"disciplines\": [\"ATH\"], \"facilities\": [\"lab\"], \"units\": 1, \"level\": 5}],"
	" \"services\": [{\"provider\": \"AAA\", \"noc\": \"AAA\", \"service\": \"training\", \"capacity\": 5},"
	"  {\"provider\": \"AAA\", \"noc\": \"AAA\", \"service\": \"medical\", \"capacity\": 3},"
	"  {\"provider\": \"GGG\", \"noc\": \"AAA\", \"service\": \"medical\", \"capacity\": 2,"
	"   \"first_day\": \"2026-06-10\", \"last_day\": \"2026-06-20\"},"
	"  {\"provider\": \"BBB\", \"noc\": \"BBB\", \"service\": \"scientific\", \"capacity\": 4}],"
	" \"federations\": ["
	"  {\"id\": \"AAA-ATH\", \"noc\": \"AAA\", \"disciplines\": [\"ATH\", \"XSW\"], \"max_events\": 9},"
	"  {\"id\": \"BBB-ATH\", \"noc\": \"BBB\", \"disciplines\": [\"ATH\"], \"max_events\": 9},"
	"  {\"id\": \"GGG-ATH\", \"noc\": \"GGG\", \"disciplines\": [\"ATH\"], \"max_events\": 0},"
	"  {\"id\": \"ZZZ-ATH\", \"noc\": \"ZZZ\", \"disciplines\": [\"ATH\"], \"max_events\": 0}],"
	" \"squads\": [{\"id\": \"A\", \"federation\": \"AAA-ATH\", \"size\": 20},"
	"  {\"id\": \"B\", \"federation\": \"BBB-ATH\", \"size\": 15}, {\"id\": \"G\", \"federation\": \"GGG-ATH\", \"size\": 10},"
	"  {\"id\": \"Z\", \"federation\": \"ZZZ-ATH\", \"size\": 5}],"
	" \"requests\": ["
	"  {\"id\": \"march\", \"federation\": \"AAA-ATH\", \"duration\": 5, \"windows\": [[\"2026-03-01\", \"2026-03-31\"]]},"
	"  {\"id\": \"december\", \"federation\": \"AAA-ATH\", \"duration\": 5,"
	"   \"windows\": [[\"2026-12-01\", \"2026-12-31\"]]},"
	"  {\"id\": \"follower\", \"federation\": \"AAA-ATH\", \"duration\": 5, \"windows\": [[\"2026-07-01\", \"2026-07-31\"]],"
	"   \"after\": [{\"request\": \"middle\", \"min_gap\": 0, \"max_gap\": 99}]},"
	"  {\"id\": \"middle\", \"federation\": \"AAA-ATH\", \"duration\": 5, \"windows\": [[\"2026-05-01\", \"2026-05-31\"]],"
	"   \"after\": [{\"request\": \"new\", \"min_gap\": 0, \"max_gap\": 99}]},"
	"  {\"id\": \"ring\", \"federation\": \"AAA-ATH\", \"duration\": 5, \"windows\": [[\"2026-05-01\", \"2026-05-31\"]],"
	"   \"after\": [{\"request\": \"ring\", \"min_gap\": 0, \"max_gap\": 99}]}]}";

static const char REQUEST[] =
	"{\"id\": \"new\", \"title\": {\"en\": \"Camp\", \"ru\": \"Сбор\"}, \"federation\": \"AAA-ATH\","
	" \"kind\": \"training_camp\", \"discipline\": \"ATH\", \"level\": 2, \"duration\": 10,"
	" \"windows\": [[\"2026-04-01\", \"2026-04-20\"], [\"2026-06-01\", \"2026-06-15\"]],"
	" \"preferred_first_day\": \"2026-04-05\", \"hosts\": [\"AAA\", \"BBB\"], \"facilities\": [\"gym\"], \"units\": 1,"
	" \"headcount\": 45, \"services\": {\"training\": 5}, \"squads\": [\"A\", \"B\", \"G\"], \"value\": 50,"
	" \"contact\": \"office@example.org\", \"note\": \"Two\\nlines.\"}";

static void put(struct replica *replica, Convene__V1__Entity__OfCase kind, void *record)
{
	Convene__V1__Entity entity = CONVENE__V1__ENTITY__INIT;

	entity.of_case = kind;
	entity.city = record; /* one of a union of pointers */
	assert_int_equal(replica_put_entity(replica, &entity, 0), CVN_OK);
}

void fixture_fill(struct replica *replica, const struct programme_file *file)
{
	put(replica, CONVENE__V1__ENTITY__OF_PROGRAMME, file->programme);
	for (size_t i = 0; i < file->n_cities; i++)
		put(replica, CONVENE__V1__ENTITY__OF_CITY, file->cities[i]);
	for (size_t i = 0; i < file->n_venues; i++)
		put(replica, CONVENE__V1__ENTITY__OF_VENUE, file->venues[i]);
	for (size_t i = 0; i < file->n_services; i++)
		put(replica, CONVENE__V1__ENTITY__OF_OFFER, file->services[i]);
	for (size_t i = 0; i < file->n_federations; i++)
		put(replica, CONVENE__V1__ENTITY__OF_FEDERATION, file->federations[i]);
	for (size_t i = 0; i < file->n_squads; i++)
		put(replica, CONVENE__V1__ENTITY__OF_SQUAD, file->squads[i]);
	for (size_t i = 0; i < file->n_protected; i++)
		put(replica, CONVENE__V1__ENTITY__OF_PROTECTED, file->protected[i]);
	for (size_t i = 0; i < file->n_requests; i++) {
		Convene__V1__Standing standing = CONVENE__V1__STANDING__INIT;
		Convene__V1__Record record = CONVENE__V1__RECORD__INIT;

		record.id = file->requests[i]->id;
		record.content = file->requests[i];
		record.standing = &standing;
		assert_int_equal(replica_put_record(replica, &record), CVN_OK);
	}
}

void fixture_init(struct fixture *f, const char *programme)
{
	struct programme_file file;

	arena_init(&f->arena, 64 << 20);
	f->replica = replica_new(NULL);
	assert_non_null(f->replica);
	programme_file_init(&file);
	assert_int_equal(programme_file_read(&file, programme, strlen(programme)), CVN_OK);
	fixture_fill(f->replica, &file);
	programme_file_done(&file);
}

void fixture_done(struct fixture *f)
{
	replica_free(f->replica);
	arena_done(&f->arena);
}

Convene__V1__Request *fixture_request(struct fixture *f, const char *patch)
{
	json_t *json = json_loads(REQUEST, 0, NULL);
	json_t *changes = json_loads(patch != NULL ? patch : "{}", 0, NULL);
	struct json_faults faults;
	ProtobufCMessage *message;

	assert_non_null(json);
	assert_non_null(changes);
	json_object_update(json, changes);
	json_faults_init(&faults, &f->arena);
	assert_int_equal(json_to_message(json, &convene__v1__request__descriptor, "", NULL, &f->arena, &faults, &message),
	                 CVN_OK);
	json_decref(changes);
	json_decref(json);
	return (Convene__V1__Request *)message;
}

const char *fixture_judge(struct fixture *f, const struct subject *subject)
{
	Convene__V1__Violation **violations;
	const char *said = "";
	size_t n;

	assert_int_equal(rules_judge(subject, &f->arena, &violations, &n), CVN_OK);
	for (size_t i = 0; i < n; i++) {
		assert_true(strlen(violations[i]->text) > 10);
		said = arena_printf(&f->arena, "%s%s%s %s", said, i > 0 ? ", " : "", violations[i]->field,
		                    violations[i]->code);
		assert_non_null(said);
	}
	return said;
}
