#include "life_document.h"

#include <stdio.h>

int main(void)
{
	struct buf text;
	enum cvn_err err;

	buf_init(&text, 1 << 20);
	err = life_document(&text);
	if (err == CVN_OK)
		fwrite(text.bytes, 1, text.n, stdout);
	buf_done(&text);
	return err == CVN_OK ? 0 : 1;
}
