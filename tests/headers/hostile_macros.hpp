// Copyright (c) 2026 the geolip authors. SPDX-License-Identifier: MIT
//
// Macros that headers in wide use define. A library that names anything so breaks where they were included first.
#define I hostile   // <complex.h>
#define B0 hostile  // <termios.h>
#define B50 hostile
#define major(x) hostile  // <sys/sysmacros.h>
#define minor(x) hostile
#define min(a, b) hostile  // <windows.h>
#define max(a, b) hostile
#define small hostile
#define near hostile
#define far hostile
#define interface hostile
#define IN hostile
#define OUT hostile
#define ERROR hostile
#define DELETE hostile
#define CONST hostile
#define OPTIONAL hostile
#define Bool hostile  // <X11/Xlib.h>
#define None hostile
#define Status hostile
#define Success hostile
#define Always hostile
#define signals hostile  // Qt
#define slots hostile
#define emit hostile
#define foreach hostile
#define PI hostile  // Arduino
#define F(x) hostile
#define B1 hostile
#define N hostile  // single letters nobody should rely on; K and T are the library's own parameters
#define V hostile
