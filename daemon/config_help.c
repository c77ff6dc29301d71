/* See config_help.h. */
#include "config_help.h"

#include <string.h>

#include "config.h"
#include "util/err.h"
#include "util/help.h"

struct setting {
	const char *name, *standard, *value, *about;
	bool reload;
};

static const struct setting SETTINGS[] = {
#define TEXT(name, standard, longest, reload, value, about) \
	{ #name, standard, value, about, reload },
#define NUMBER(name, standard, least, most, reload, value, about) \
	{ #name, #standard, value, about, reload },
#include "config.def"
};

#define N_SETTINGS N_ELEMENTS(SETTINGS)

static const struct help_row OPTIONS[] = {
	{ "--config FILE", "settings, one \"name = value\" a line (default " CONFIG_FILE ")" },
	{ "--init-operator KEY",
	  "grants this public key the operator's role, where nobody has any yet" },
	{ "--check-config", "says what is wrong with the settings, and ends" },
	{ "--print-config", "writes a sample of the file, and ends" },
	{ "--help", "prints this, and ends" },
	{ "--version", "prints the version, and ends" },
};

static const struct help_row EXITS[] = {
	{ "0", "was told to stop" },
	{ "64", "the command line is wrong" },
	{ "70", "the log in Redis has a hole or cannot be read, or a fault of the program" },
	{ "71", "the system refuses what it needs: memory, file descriptors" },
	{ "75", "another daemon holds the state folder, an address, or took the store over; or "
		"Redis lost what it had acknowledged: try again" },
	{ "78", "settings, key file, password file or a folder are of no use" },
};

/* Texts of rows that are put together. */
struct texts {
	struct help_row rows[N_SETTINGS];
	char terms[N_SETTINGS][96], abouts[N_SETTINGS][320];
};

static void describe(struct texts *texts, size_t i)
{
	const struct setting *s = &SETTINGS[i];
	bool has_standard = *s->standard != '\0';

	snprintf(texts->terms[i], sizeof texts->terms[i], "--%s %s", s->name, s->value);
	for (char *at = texts->terms[i]; *at != ' '; at++)
		if (*at == '_')
			*at = '-';
	snprintf(texts->abouts[i], sizeof texts->abouts[i], "%s%s%s%s%s", s->about,
		 has_standard ? " (default " : "", s->standard, has_standard ? ")" : "",
		 s->reload ? " [reload]" : "");
	texts->rows[i] = (struct help_row){ texts->terms[i], texts->abouts[i] };
}

/* --help, or the man page. */
static void describe_all(FILE *out, bool is_man)
{
	struct texts texts;
	const struct help_part parts[] = {
		{ .usage = "convened [--config FILE] [OPTION]...",
		  .about = "Takes requests from sports federations, has them checked and placed, "
			   "and tells everybody.",
		  .options = OPTIONS,
		  .n_options = N_ELEMENTS(OPTIONS) },
		{ .about = "Settings, also keys of the file, with _ for -. SIGHUP applies those "
			   "marked [reload], all or none:",
		  .options = texts.rows,
		  .n_options = N_SETTINGS,
		  .more = "SIGTERM and SIGINT end it once what is under way is answered.",
		  .exits = EXITS,
		  .n_exits = N_ELEMENTS(EXITS) },
	};
	const struct help_page page = {
		.program = "convened",
		.section = 8,
		.summary = "the daemon that turns federations' requests into one agreed calendar",
		.parts = parts,
		.n_parts = N_ELEMENTS(parts),
		.see_also = "convene(1), convene-scheduler(1), convene-validator(1)",
	};

	for (size_t i = 0; i < N_SETTINGS; i++)
		describe(&texts, i);
	if (is_man)
		help_man(out, &page);
	else
		help_print(out, parts, N_ELEMENTS(parts));
}

void config_help(FILE *out)
{
	describe_all(out, false);
}

void config_man(FILE *out)
{
	describe_all(out, true);
}

void config_sample(FILE *out)
{
	fputs("# Settings of convened, with what holds where they are absent. Each is also an "
	      "option: --in-flight-max 4096.\n"
	      "# (reload): applied on `systemctl reload convened`.\n",
	      out);
	for (size_t i = 0; i < N_SETTINGS; i++) {
		const struct setting *s = &SETTINGS[i];

		fprintf(out, "\n# %s%s\n#%s = %s\n", s->about, s->reload ? " (reload)" : "",
			s->name, s->standard);
	}
}
