#include "cli/everyone.h"
#include "cli/record_json.h"
#include "cli/snapshot.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define GRANTS_PER_CALL 100 /* well below the daemon's frame */

enum cvn_err everyone_key(const char *path, struct key_pair *ret)
{
	enum cvn_err err = keys_load(path, ret);

	if (err != CVN_ENOTFOUND)
		return err;
	err = keys_generate(ret);
	return err == CVN_OK ? keys_save(path, ret) : err;
}

static int grant_some(struct cli *cli, Convene__V1__Principal **principals, size_t n,
		      int64_t *changed)
{
	Convene__V1__Grant grant = CONVENE__V1__GRANT__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	Convene__V1__Reply *reply;
	int code;

	grant.n_principals = n;
	grant.principals = principals;
	call.of_case = CONVENE__V1__CALL__OF_GRANT;
	call.grant = &grant;
	code = cli_call(cli, &call, &reply);
	if (code != EXIT_OK)
		return code;
	if (reply->of_case != CONVENE__V1__REPLY__OF_DONE)
		return cli_fail(cli, EXIT_PROTOCOL, "the daemon did not answer grant with done");
	*changed += reply->done->changed;
	return EXIT_OK;
}

int everyone_grant(struct cli *cli, Convene__V1__Principal **principals, size_t n)
{
	char *programmes[] = { cli->profile.programme };
	int64_t changed = 0;
	int code = EXIT_OK;

	for (size_t i = 0; i < n; i++) {
		principals[i]->n_programmes = programmes[0][0] != '\0';
		principals[i]->programmes = programmes;
	}
	for (size_t at = 0; at < n && code == EXIT_OK; at += GRANTS_PER_CALL)
		code = grant_some(cli, principals + at,
				  n - at < GRANTS_PER_CALL ? n - at : GRANTS_PER_CALL, &changed);
	if (code != EXIT_OK)
		return code;
	if (cli->is_json)
		json_print_line(json_pack("{s:I,s:I}", "principals", (json_int_t)n, "changed",
					  (json_int_t)changed));
	else
		printf("%zu principals, %" PRId64 " changed\n", n, changed);
	return EXIT_OK;
}

/* Who is to have a key. */
struct crowd {
	struct cli *cli;
	const char *folder;
	Convene__V1__Principal **principals;
	size_t n;
};

/* Adds one: key file ROLE-SUBJECT.key, or ROLE.key where the role has no subject. */
static int add(struct crowd *crowd, const char *role, const char *subject)
{
	struct cli *cli = crowd->cli;
	Convene__V1__Principal *principal = arena_alloc(&cli->arena, sizeof(*principal));
	const char *path = arena_printf(&cli->arena, "%s/%s%s%s.key", crowd->folder, role,
					subject != NULL ? "-" : "", subject != NULL ? subject : "");
	struct key_pair pair;
	enum cvn_err err;

	if (principal == NULL || path == NULL)
		return cli_fail_err(cli, "grant", CVN_ENOMEM);
	err = everyone_key(path, &pair);
	if (err != CVN_OK)
		return cli_fail(cli, EXIT_CANNOT_CREATE, "%s: %s", path, cvn_err_text(err));
	convene__v1__principal__init(principal);
	principal->public_key = arena_strdup(&cli->arena, pair.public_key);
	principal->role = arena_strdup(&cli->arena, role);
	principal->subject = subject != NULL ? arena_strdup(&cli->arena, subject) : NULL;
	principal->name = arena_printf(&cli->arena, "%s%s%s", role, subject != NULL ? " " : "",
				       subject != NULL ? subject : "");
	keys_wipe(&pair);
	if (principal->public_key == NULL || principal->role == NULL || principal->name == NULL)
		return cli_fail_err(cli, "grant", CVN_ENOMEM);
	crowd->principals[crowd->n++] = principal;
	return EXIT_OK;
}

static int add_all(struct crowd *crowd, const struct programme *p)
{
	const Convene__V1__Programme *about = programme_about(p);
	int code = add(crowd, "working_body", NULL);

	if (code == EXIT_OK)
		code = add(crowd, "observer", NULL);
	for (size_t i = 0; i < about->n_parties && code == EXIT_OK; i++)
		code = add(crowd, "committee", about->parties[i]);
	for (const struct programme_item *item = programme_first(p, ENTITY_FEDERATION);
	     item != NULL && code == EXIT_OK; item = programme_next(item)) {
		if (programme_is_party(p, item->entity->federation->noc))
			code = add(crowd, "federation", item->id);
	}
	return code;
}

static int run(struct cli *cli, const char *folder, const struct programme *p)
{
	struct crowd crowd = { .cli = cli, .folder = folder };
	const Convene__V1__Programme *about = programme_about(p);
	int code;

	if (about == NULL)
		return cli_fail(cli, EXIT_NOT_THERE, "%s has no data yet", cli->profile.programme);
	crowd.principals = arena_array(&cli->arena,
				       2 + about->n_parties + programme_count(p, ENTITY_FEDERATION),
				       sizeof(*crowd.principals));
	if (crowd.principals == NULL)
		return cli_fail_err(cli, "grant", CVN_ENOMEM);
	code = add_all(&crowd, p);
	return code == EXIT_OK ? everyone_grant(cli, crowd.principals, crowd.n) : code;
}

int everyone_run(struct cli *cli, const char *folder)
{
	struct replica *replica;
	int code;

	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return cli_fail(cli, EXIT_CANNOT_CREATE, "%s: %s", folder, strerror(errno));
	code = snapshot_fetch(cli, &replica);
	if (code != EXIT_OK)
		return code;
	code = run(cli, folder, replica_programme(replica));
	replica_free(replica);
	return code;
}
