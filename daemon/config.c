/* In order of use: standards -> file -> options -> what follows from them -> answers. */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_help.h"
#include "domain/day.h"
#include "io/keys.h"
#include "util/err.h"
#include "util/log.h"

struct setting {
	const char *name;
	bool is_text;
	size_t offset;
	const char *standard; /* as text */
	int64_t least, most;  /* text: most is the longest */
	bool reload;
};

static const struct setting SETTINGS[] = {
#define TEXT(name, standard, longest, reload, value, about) \
	{ #name, true, offsetof(struct config, name), standard, 0, longest, reload },
#define NUMBER(name, standard, least, most, reload, value, about) \
	{ #name, false, offsetof(struct config, name), #standard, least, most, reload },
#include "config.def"
};

enum {
	OPTION_CONFIG = 1000,
	OPTION_INIT_OPERATOR,
	OPTION_CHECK,
	OPTION_PRINT,
	OPTION_HELP,
	OPTION_MAN,
	OPTION_VERSION
};

/* What the options say beside the settings. */
struct asked {
	const char *file;
	bool check, print, help, man, version;
};

struct reading {
	struct config *config;
	const char *file;
	FILE *err;
	bool is_bad;
};

static char **text_of(struct config *config, const struct setting *s)
{
	return (char **)(void *)((char *)config + s->offset);
}

static int64_t *number_of(struct config *config, const struct setting *s)
{
	return (int64_t *)(void *)((char *)config + s->offset);
}

/* NULL: taken; else what is wrong with it. */
static const char *assign(struct config *config, const struct setting *s, const char *value)
{
	if (s->is_text) {
		char *copy;

		if (strlen(value) > (size_t)s->most)
			return "is too long";
		copy = strdup(value);
		if (copy == NULL)
			return "does not fit into memory";
		free(*text_of(config, s));
		*text_of(config, s) = copy;
	} else {
		char *end;
		long long number;

		errno = 0;
		number = strtoll(value, &end, 10);
		if (errno != 0 || end == value || *end != '\0')
			return "is not a whole number";
		if (number < s->least || number > s->most)
			return "is out of range";
		*number_of(config, s) = number;
	}
	return NULL;
}

static const struct setting *setting_of(const char *name)
{
	for (size_t i = 0; i < N_ELEMENTS(SETTINGS); i++)
		if (strcmp(SETTINGS[i].name, name) == 0)
			return &SETTINGS[i];
	return NULL;
}

static bool set_standards(struct config *config, FILE *err)
{
	for (size_t i = 0; i < N_ELEMENTS(SETTINGS); i++) {
		const char *fault = assign(config, &SETTINGS[i], SETTINGS[i].standard);

		if (fault != NULL) {
			fprintf(err, "convened: the standard of %s %s\n", SETTINGS[i].name, fault);
			return false;
		}
	}
	return true;
}

static int on_key(void *arg, const char *section, const char *name, const char *value)
{
	struct reading *reading = arg;
	const struct setting *s = setting_of(name);
	const char *fault;

	if (*section != '\0' && strcmp(section, "convened") != 0)
		fault = "stands in a section that is not known";
	else if (s == NULL)
		fault = "is no setting";
	else
		fault = assign(reading->config, s, value);
	if (fault != NULL) {
		fprintf(reading->err, "convened: %s: %s %s\n", reading->file, name, fault);
		reading->is_bad = true;
	}
	return 1;
}

static bool read_file(struct config *config, const char *file, bool must_be_there, FILE *err)
{
	struct reading reading = { .config = config, .file = file, .err = err };
	struct stat about;
	int line;

	if (!must_be_there && access(file, F_OK) != 0)
		return true;
	if (stat(file, &about) == 0 && S_ISDIR(about.st_mode)) {
		fprintf(err, "convened: %s: is a folder\n", file);
		return false;
	}
	line = ini_parse(file, on_key, &reading);
	if (line < 0)
		fprintf(err, "convened: %s: can't be read: %s\n", file, strerror(errno));
	else if (line > 0)
		fprintf(err, "convened: %s: line %d is no setting\n", file, line);
	return line == 0 && !reading.is_bad;
}

/* "in_flight_max" → "in-flight-max" */
static void option_name(const char *name, char *ret, size_t room)
{
	size_t i;

	for (i = 0; name[i] != '\0' && i + 1 < room; i++)
		ret[i] = name[i] == '_' ? '-' : name[i];
	ret[i] = '\0';
}

/* Goes through the options once; with `config` NULL only what was asked for is looked at, since the
 * file comes before the options that override it. */
static bool read_options(int argc, char **argv, struct config *config, struct asked *asked,
			 FILE *err)
{
	static const struct option OTHERS[] = {
		{ "config", required_argument, NULL, OPTION_CONFIG },
		{ "init-operator", required_argument, NULL, OPTION_INIT_OPERATOR },
		{ "check-config", no_argument, NULL, OPTION_CHECK },
		{ "print-config", no_argument, NULL, OPTION_PRINT },
		{ "help", no_argument, NULL, OPTION_HELP },
		{ "man", no_argument, NULL, OPTION_MAN }, /* for the build */
		{ "version", no_argument, NULL, OPTION_VERSION },
	};
	struct option options[N_ELEMENTS(SETTINGS) + N_ELEMENTS(OTHERS) + 1] = { 0 };
	char names[N_ELEMENTS(SETTINGS)][64];
	bool is_good = true;
	int c;

	for (size_t i = 0; i < N_ELEMENTS(SETTINGS); i++) {
		option_name(SETTINGS[i].name, names[i], sizeof names[i]);
		options[i] = (struct option){ names[i], required_argument, NULL, (int)i + 1 };
	}
	memcpy(options + N_ELEMENTS(SETTINGS), OTHERS, sizeof OTHERS);

	optind = 0; /* GNU: from the start, also the second time */
	opterr = config == NULL;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		const char *fault = NULL;

		if (c >= 1 && c <= (int)N_ELEMENTS(SETTINGS)) {
			if (config != NULL)
				fault = assign(config, &SETTINGS[c - 1], optarg);
			if (fault != NULL)
				fprintf(err, "convened: --%s %s\n", names[c - 1], fault);
		} else if (c == OPTION_INIT_OPERATOR) {
			if (config != NULL && !keys_is_key(optarg)) {
				fault = "is no public key";
				fprintf(err, "convened: --init-operator %s\n", fault);
			} else if (config != NULL) {
				free(config->init_operator);
				config->init_operator = strdup(optarg);
			}
		} else if (c == OPTION_CONFIG) {
			asked->file = optarg;
		} else {
			asked->check |= c == OPTION_CHECK;
			asked->print |= c == OPTION_PRINT;
			asked->help |= c == OPTION_HELP;
			asked->man |= c == OPTION_MAN;
			asked->version |= c == OPTION_VERSION;
			is_good &= c >= OPTION_CONFIG;
		}
		is_good &= fault == NULL;
	}
	if (optind < argc) {
		fprintf(err, "convened: %s is not understood\n", argv[optind]);
		is_good = false;
	}
	return is_good;
}

static bool replace(char **text, char *fresh)
{
	if (fresh == NULL)
		return false;
	free(*text);
	*text = fresh;
	return true;
}

/* The first folder of a systemd variable, or `otherwise`. */
static char *folder_from(const char *variable, const char *otherwise)
{
	const char *value = getenv(variable);

	if (value == NULL || *value == '\0')
		return strdup(otherwise);
	return strndup(value, strcspn(value, ":"));
}

/* `program` beside our own binary, where it is; else its bare name, for PATH. */
static char *sibling(const char *program)
{
	char self[4096];
	char *path, *slash;
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	if (n > 0) {
		self[n] = '\0';
		slash = strrchr(self, '/');
		if (slash != NULL) {
			*slash = '\0';
			if (asprintf(&path, "%s/%s", self, program) < 0)
				return NULL;
			if (access(path, X_OK) == 0)
				return path;
			free(path);
		}
	}
	return strdup(program);
}

static bool fill_in(struct config *config, FILE *err)
{
	char *text = NULL;
	bool is_good = true;

	if (*config->state == '\0')
		is_good &=
			replace(&config->state, folder_from("STATE_DIRECTORY", "/var/lib/convene"));
	if (*config->run == '\0') {
		if (asprintf(&text, "%s/run", config->state) < 0)
			return false;
		is_good &= replace(&config->run, folder_from("RUNTIME_DIRECTORY", text));
		free(text);
	}
	if (*config->validator_program == '\0')
		is_good &= replace(&config->validator_program, sibling("convene-validator"));
	if (*config->scheduler_program == '\0')
		is_good &= replace(&config->scheduler_program, sibling("convene-scheduler"));
	if (*config->key_file == '\0') {
		const char *credentials = getenv("CREDENTIALS_DIRECTORY");

		if (credentials == NULL || asprintf(&text, "%s/convened.key", credentials) < 0)
			text = NULL;
		if (text == NULL || access(text, F_OK) != 0) {
			free(text);
			if (asprintf(&text, "%s/convened.key", config->state) < 0)
				return false;
		}
		is_good &= replace(&config->key_file, text);
	}
	if (!is_good)
		fprintf(err, "convened: out of memory\n");
	return is_good;
}

static const char *durability_fault(struct config *config)
{
	const char *text = config->durability;

	if (strcmp(text, "always") == 0) {
		config->durability_kind = STORE_ALWAYS;
	} else if (strcmp(text, "everysec") == 0) {
		config->durability_kind = STORE_EVERYSEC;
	} else if (strncmp(text, "replicated ", 11) == 0) {
		char *end;
		unsigned long n = strtoul(text + 11, &end, 10);

		if (*end != '\0' || n < 1 || n > 16)
			return "must say by how many replicas: replicated 1 to replicated 16";
		config->durability_kind = STORE_REPLICATED;
		config->durability_replicas = (uint32_t)n;
	} else {
		return "must be always, everysec or replicated N";
	}
	return NULL;
}

/* tcp://HOST:PORT. A name is refused here: looking it up would block the loop. */
static const char *redis_tcp_fault(struct config *config, const char *host)
{
	const char *colon = strrchr(host, ':');
	char *end = NULL;
	unsigned long port = colon != NULL ? strtoul(colon + 1, &end, 10) : 0;
	unsigned char raw[sizeof(struct in6_addr)];
	size_t n;

	if (colon == NULL || colon == host || *end != '\0' || port < 1 || port > 65535)
		return "must be tcp://HOST:PORT";
	n = (size_t)(colon - host);
	if (n > 2 && host[0] == '[' && host[n - 1] == ']') {
		host++;
		n -= 2;
	}
	config->redis_port = (uint16_t)port;
	config->redis_host = strndup(host, n);
	if (config->redis_host == NULL)
		return "does not fit into memory";
	if (inet_pton(AF_INET, config->redis_host, raw) != 1 &&
	    inet_pton(AF_INET6, config->redis_host, raw) != 1)
		return "must have an address, not a name: tcp://127.0.0.1:6379, tcp://[::1]:6379";
	return NULL;
}

static const char *redis_fault(struct config *config)
{
	const char *text = config->redis;

	if (strcmp(text, "private") == 0) {
		config->redis_is_private = true;
		return config->durability_kind == STORE_REPLICATED ?
			       "is private and has no replicas: see durability" :
			       NULL;
	}
	if (strncmp(text, "unix:/", 6) == 0) {
		config->redis_unix = strdup(text + (strncmp(text, "unix://", 7) == 0 ? 7 : 5));
		if (config->redis_unix != NULL && strlen(config->redis_unix) > 107)
			return "has a path of more than 107 bytes";
		return config->redis_unix == NULL ? "does not fit into memory" : NULL;
	}
	if (strncmp(text, "tcp://", 6) == 0)
		return redis_tcp_fault(config, text + 6);
	return "must be private, unix:/PATH or tcp://HOST:PORT";
}

/* Asked here, since libzmq takes a port modulo 65,536. */
static bool has_tcp_port(const char *address)
{
	const char *colon = strrchr(address, ':');
	char *end = NULL;

	if (colon == NULL || colon == address)
		return false;
	if (strcmp(colon + 1, "*") == 0)
		return true;
	return colon[1] >= '0' && colon[1] <= '9' && strtoul(colon + 1, &end, 10) <= 65535 &&
	       *end == '\0';
}

static const char *endpoint_fault(const char *endpoint, const char *scheme)
{
	if (*endpoint == '\0')
		return NULL;
	if (strncmp(endpoint, scheme, strlen(scheme)) != 0)
		return scheme[0] == 't' ? "must begin with tcp://" : "must begin with ipc://";
	if (scheme[0] == 't' && !has_tcp_port(endpoint + strlen(scheme)))
		return "must be tcp://HOST:PORT, with a port of at most 65535";
	return NULL;
}

/* Says all that is wrong, not only the first. */
static bool check(struct config *config, FILE *err)
{
	enum log_level level;
	const struct {
		const char *name, *fault;
	} faults[] = {
		{ "durability", durability_fault(config) },
		{ "redis", redis_fault(config) },
		{ "bind", endpoint_fault(config->bind, "tcp://") },
		{ "updates", endpoint_fault(config->updates, "tcp://") },
		{ "workers_bind", endpoint_fault(config->workers_bind, "tcp://") },
		{ "local", endpoint_fault(config->local, "ipc://") },
		{ "log_level", log_level_parse(config->log_level, &level) ?
				       NULL :
				       "must be error, warn, info or debug" },
		{ "today", *config->today == '\0' || day_parse(config->today, &config->today_day) ?
				   NULL :
				   "must be a day, as 2022-01-31" },
		/* a unix socket's path ends at 107 bytes; the longest of ours is RUN/workers.sock
		 * */
		{ "run", strlen(config->run) + sizeof "/workers.sock" > 108 ?
				 "is too long: a socket below it would have more than 107 bytes" :
				 NULL },
		{ "state", strlen(config->state) + sizeof "/redis/redis.sock" > 108 ?
				   "is too long: a socket below it would have more than 107 bytes" :
				   NULL },
	};
	bool is_good = true;

	for (size_t i = 0; i < N_ELEMENTS(faults); i++)
		if (faults[i].fault != NULL) {
			fprintf(err, "convened: %s %s\n", faults[i].name, faults[i].fault);
			is_good = false;
		}
	return is_good;
}

int config_load(int argc, char **argv, FILE *out, FILE *err, struct config *ret_config)
{
	struct config config = { 0 };
	struct asked asked = { 0 };
	int code = -1;

	if (!read_options(argc, argv, NULL, &asked, err)) {
		fputs("Try convened --help.\n", err);
		return CONFIG_EXIT_USAGE;
	}
	if (asked.help)
		config_help(out);
	else if (asked.man)
		config_man(out);
	else if (asked.version)
		fputs("convened " CONVENE_VERSION "\n", out);
	else if (asked.print)
		config_sample(out);
	if (asked.help || asked.man || asked.version || asked.print)
		return 0;

	if (!set_standards(&config, err) ||
	    !read_file(&config, asked.file != NULL ? asked.file : CONFIG_FILE, asked.file != NULL,
		       err))
		code = CONFIG_EXIT_CONFIG;
	else if (!read_options(argc, argv, &config, &asked, err))
		code = CONFIG_EXIT_USAGE;
	else if (!fill_in(&config, err) || !check(&config, err))
		code = CONFIG_EXIT_CONFIG;
	else if (asked.check)
		code = 0;

	if (code == 0)
		fputs("convened: the settings are good\n", out);
	if (code >= 0)
		config_done(&config);
	else
		*ret_config = config;
	return code;
}

void config_done(struct config *config)
{
	for (size_t i = 0; i < N_ELEMENTS(SETTINGS); i++)
		if (SETTINGS[i].is_text)
			free(*text_of(config, &SETTINGS[i]));
	free(config->init_operator);
	free(config->redis_unix);
	free(config->redis_host);
	*config = (struct config){ 0 };
}

unsigned config_reload(struct config *config, const struct config *fresh)
{
	/* the accessors are written for both; nothing is changed through this one */
	struct config *other = (struct config *)(uintptr_t)fresh;
	unsigned n_others = 0;

	for (size_t i = 0; i < N_ELEMENTS(SETTINGS); i++) {
		const struct setting *s = &SETTINGS[i];
		const char *text = s->is_text ? *text_of(other, s) : NULL;
		bool same = s->is_text ? strcmp(*text_of(config, s), text) == 0 :
					 *number_of(config, s) == *number_of(other, s);

		if (same)
			continue;
		if (!s->reload) {
			n_others++;
		} else if (!s->is_text) {
			*number_of(config, s) = *number_of(other, s);
		} else if (assign(config, s, text) != NULL) {
			n_others++;
		}
	}
	return n_others;
}
