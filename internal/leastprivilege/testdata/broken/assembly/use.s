#include "textflag.h"

TEXT ·use(SB), NOSPLIT, $0-8
	RET
