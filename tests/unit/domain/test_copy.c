#include "domain/copy.h"
#include "convene/v1/client.pb-c.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void copies_all_that_a_message_holds(void **state)
{
	Convene__V1__Period window = CONVENE__V1__PERIOD__INIT;
	Convene__V1__Period *windows[] = { &window, &window };
	Convene__V1__Announced announced = CONVENE__V1__ANNOUNCED__INIT;
	Convene__V1__Request request = CONVENE__V1__REQUEST__INIT;
	char first[] = "2026-01-01", host[] = "AAA";
	char *hosts[] = { host, host, host };
	Convene__V1__Request *copy;
	uint8_t packed[2][256];

	(void)state;
	window.first = first;
	announced.has_fixed = announced.fixed = true;
	request.id = host;
	request.has_level = true;
	request.level = INT64_MIN;
	request.windows = windows;
	request.n_windows = 2;
	request.hosts = hosts;
	request.n_hosts = 3;
	request.announced = &announced;
	assert_true(convene__v1__request__get_packed_size(&request) <= sizeof(packed[0]));

	copy = copy_message(&request.base);

	assert_non_null(copy);
	assert_ptr_not_equal(copy->windows[1], &window);
	assert_ptr_not_equal(copy->hosts[2], host);
	assert_int_equal(convene__v1__request__pack(&request, packed[0]), convene__v1__request__pack(copy, packed[1]));
	assert_memory_equal(packed[0], packed[1], convene__v1__request__get_packed_size(copy));
	first[0] = host[0] = 'x';
	assert_string_equal(copy->windows[0]->first, "2026-01-01");
	assert_string_equal(copy->hosts[0], "AAA");
	free(copy);
}

static void copies_only_the_chosen_member_of_a_union(void **state)
{
	Convene__V1__Offer offer = CONVENE__V1__OFFER__INIT;
	Convene__V1__Entity entity = CONVENE__V1__ENTITY__INIT;
	Convene__V1__Entity *copy;

	(void)state;
	offer.id = (char *)"o-1";
	offer.has_capacity = true;
	offer.capacity = 3;
	entity.of_case = CONVENE__V1__ENTITY__OF_OFFER;
	entity.offer = &offer;

	copy = copy_message(&entity.base);

	assert_int_equal(copy->of_case, CONVENE__V1__ENTITY__OF_OFFER);
	assert_ptr_not_equal(copy->offer, &offer);
	assert_string_equal(copy->offer->id, "o-1");
	assert_int_equal(copy->offer->capacity, 3);
	free(copy);
	entity = (Convene__V1__Entity)CONVENE__V1__ENTITY__INIT;
	copy = copy_message(&entity.base);
	assert_int_equal(copy->of_case, CONVENE__V1__ENTITY__OF__NOT_SET);
	free(copy);
}

static void copies_numbers_in_lists(void **state)
{
	Convene__V1__State states[] = { CONVENE__V1__STATE__STATE_HELD, CONVENE__V1__STATE__STATE_RECEIVED };
	Convene__V1__List list = CONVENE__V1__LIST__INIT;
	Convene__V1__List *copy;

	(void)state;
	list.states = states;
	list.n_states = 2;

	copy = copy_message(&list.base);

	assert_ptr_not_equal(copy->states, states);
	assert_int_equal(copy->states[0], CONVENE__V1__STATE__STATE_HELD);
	assert_int_equal(copy->states[1], CONVENE__V1__STATE__STATE_RECEIVED);
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_all_that_a_message_holds),
		cmocka_unit_test(copies_only_the_chosen_member_of_a_union),
		cmocka_unit_test(copies_numbers_in_lists),
	};

	return cmocka_run_group_tests_name("copy", tests, NULL, NULL);
}
