#include "cli/lanes.h"
#include "util/id.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void lanes_init(struct lanes *l, void *zmq, const struct client_address *address,
		const char *folder)
{
	*l = (struct lanes){ .zmq = zmq, .address = *address, .folder = folder };
}

void lanes_done(struct lanes *l)
{
	for (size_t i = 0; i < l->n; i++)
		client_close(l->lane[i].client);
	l->n = 0;
}

static bool has_key(const struct lanes *l, const char *file)
{
	char path[PATH_MAX];

	return snprintf(path, sizeof(path), "%s/%s", l->folder, file) < (int)sizeof(path) &&
	       access(path, R_OK) == 0;
}

/* The name of the key file that speaks for the request. A federation's id that is none names no
 * file. */
static void choose_key(const struct lanes *l, const Convene__V1__Request *r, bool is_batch,
		       char ret_file[NAME_MAX + 1])
{
	snprintf(ret_file, NAME_MAX + 1, "operator.key");
	if (l->folder == NULL)
		ret_file[0] = '\0';
	if (l->folder == NULL || is_batch)
		return;
	if (r->announced != NULL && has_key(l, "working_body.key")) {
		snprintf(ret_file, NAME_MAX + 1, "working_body.key");
	} else if (id_is_valid(r->federation)) {
		char file[NAME_MAX + 1];

		snprintf(file, sizeof(file), "federation-%s.key", r->federation);
		if (has_key(l, file))
			memcpy(ret_file, file, sizeof(file));
	}
}

/* A place for one more connection: a free one, or that of the one which has been idle for longest.
 * */
static struct lane *find_room(struct lanes *l)
{
	struct lane *oldest = NULL;

	if (l->n < LANES_MAX)
		return &l->lane[l->n];
	for (size_t i = 0; i < l->n; i++) {
		struct lane *lane = &l->lane[i];

		if (lane->n_calls == 0 && (oldest == NULL || lane->used < oldest->used))
			oldest = lane;
	}
	return oldest;
}

static enum cvn_err open_client(struct lanes *l, const char *file, struct client **ret)
{
	struct client_address address = l->address;
	struct key_pair keys;
	char path[PATH_MAX];
	enum cvn_err err;

	if (file[0] == '\0')
		return client_open(l->zmq, &address, ret);
	snprintf(path, sizeof(path), "%s/%s", l->folder, file);
	err = keys_load(path, &keys);
	if (err != CVN_OK) {
		snprintf(l->fault, sizeof(l->fault), "%s: no usable key: %s", path,
			 keys_fault(err));
		return CVN_EINVALID;
	}
	address.keys = &keys;
	err = client_open(l->zmq, &address, ret);
	keys_wipe(&keys);
	return err;
}

static enum cvn_err open_lane(struct lanes *l, const char *file, struct lane **ret)
{
	struct lane *lane = find_room(l);
	struct client *client;
	enum cvn_err err;

	if (lane == NULL)
		return CVN_EBUSY;
	err = open_client(l, file, &client);
	if (err != CVN_OK)
		return err;
	if (lane == &l->lane[l->n])
		l->n++;
	else
		client_close(lane->client);
	*lane = (struct lane){ .client = client };
	snprintf(lane->file, sizeof(lane->file), "%s", file);
	*ret = lane;
	return CVN_OK;
}

enum cvn_err lanes_take(struct lanes *l, const Convene__V1__Request *request, bool is_batch,
			struct lane **ret)
{
	char file[NAME_MAX + 1];
	enum cvn_err err = CVN_OK;
	struct lane *lane = NULL;

	choose_key(l, request, is_batch, file);
	for (size_t i = 0; i < l->n && lane == NULL; i++) {
		if (strcmp(l->lane[i].file, file) == 0)
			lane = &l->lane[i];
	}
	if (lane == NULL)
		err = open_lane(l, file, &lane);
	if (err != CVN_OK)
		return err;
	lane->used = ++l->clock;
	*ret = lane;
	return CVN_OK;
}
