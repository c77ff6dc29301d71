/* things.h - messages for tests, in few words. All texts are borrowed. */
#pragma once
#include "domain/programme.h"

#include <string.h>

static inline void put_thing(struct programme *p, Convene__V1__Entity__OfCase kind, void *thing)
{
	Convene__V1__Entity entity = CONVENE__V1__ENTITY__INIT;

	entity.of_case = kind;
	entity.city = thing; /* one of a union of pointers */
	CVN_REQUIRE(programme_put(p, &entity, 0) == CVN_OK);
}

static inline void put_city(struct programme *p, const char *id, const char *noc)
{
	Convene__V1__City city = CONVENE__V1__CITY__INIT;

	city.id = (char *)id;
	city.noc = (char *)noc;
	put_thing(p, CONVENE__V1__ENTITY__OF_CITY, &city);
}

static inline void put_venue(struct programme *p, const char *id, const char *city)
{
	Convene__V1__Venue venue = CONVENE__V1__VENUE__INIT;
	char *disciplines[] = { (char *)"ATH" }, *facilities[] = { (char *)"gym" };

	venue.id = (char *)id;
	venue.city = (char *)city;
	venue.disciplines = disciplines;
	venue.n_disciplines = 1;
	venue.facilities = facilities;
	venue.n_facilities = 1;
	put_thing(p, CONVENE__V1__ENTITY__OF_VENUE, &venue);
}

static inline void put_federation(struct programme *p, const char *id, const char *noc)
{
	Convene__V1__Federation federation = CONVENE__V1__FEDERATION__INIT;
	char *disciplines[] = { (char *)"JUD" };

	federation.id = (char *)id;
	federation.noc = (char *)noc;
	federation.disciplines = disciplines;
	federation.n_disciplines = 1;
	put_thing(p, CONVENE__V1__ENTITY__OF_FEDERATION, &federation);
}

static inline void put_squad(struct programme *p, const char *id, const char *federation)
{
	Convene__V1__Squad squad = CONVENE__V1__SQUAD__INIT;

	squad.id = (char *)id;
	squad.federation = (char *)federation;
	put_thing(p, CONVENE__V1__ENTITY__OF_SQUAD, &squad);
}

/* Parties AAA, BBB, CCC; guest GGG; all of 2026. A city, venue, federation and squad of each party: "a", "va", "fa",
 * "sa" …; of the guest a federation "fg" and a squad "sg". */
static inline void put_programme(struct programme *p, Convene__V1__Policy *policy)
{
	Convene__V1__Programme about = CONVENE__V1__PROGRAMME__INIT;
	char *parties[] = { (char *)"AAA", (char *)"BBB", (char *)"CCC" }, *guests[] = { (char *)"GGG" };

	about.id = (char *)"games";
	about.first_day = (char *)"2026-01-01";
	about.last_day = (char *)"2026-12-31";
	about.parties = parties;
	about.n_parties = 3;
	about.guests = guests;
	about.n_guests = 1;
	about.policy = policy;
	put_thing(p, CONVENE__V1__ENTITY__OF_PROGRAMME, &about);
	put_city(p, "a", "AAA");
	put_city(p, "b", "BBB");
	put_city(p, "c", "CCC");
	put_venue(p, "va", "a");
	put_venue(p, "vb", "b");
	put_venue(p, "vc", "c");
	put_federation(p, "fa", "AAA");
	put_federation(p, "fb", "BBB");
	put_federation(p, "fc", "CCC");
	put_federation(p, "fg", "GGG");
	put_squad(p, "sa", "fa");
	put_squad(p, "sb", "fb");
	put_squad(p, "sc", "fc");
	put_squad(p, "sg", "fg");
}
