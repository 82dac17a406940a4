// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
//
// Macros that headers in wide use define, each here as something no program may contain: a library that uses such a
// name breaks where they were included first. (Template parameters are single letters, here as everywhere; I is the
// exception.)
#define I @   // <complex.h>
#define B0 @  // <termios.h>
#define B50 @
#define major(x) @  // <sys/sysmacros.h>
#define minor(x) @
#define min(a, b) @  // <windows.h>
#define max(a, b) @
#define small @
#define near @
#define far @
#define interface @
#define IN @
#define OUT @
#define ERROR @
#define DELETE @
#define CONST @
#define OPTIONAL @
#define Bool @  // <X11/Xlib.h>
#define None @
#define Status @
#define Success @
#define Always @
#define signals @  // Qt
#define slots @
#define emit @
#define foreach @
#define PI @  // Arduino
#define F(x) @
#define B1 @
