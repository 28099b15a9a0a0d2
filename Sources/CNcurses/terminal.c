// SPDX-License-Identifier: Apache-2.0

// ncurses behind a few plain functions: it knows the terminal, keeps its modes and reads its keys. Only this file
// sees its headers.

#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1
#include <ncursesw/curses.h>

#include "CNcurses.h"
#include "terminal_restore.h"

#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

// From <term.h>, which cannot be included: it makes macros of words like `columns`.
extern int setupterm(const char *type, int output, int *answer);
extern int tputs(const char *bytes, int lines, int (*put)(int));
extern char *tiparm(const char *capability, ...);

static SCREEN *screen;
static FILE *input_file, *output_file;
static WINDOW *keyboard;              // a pad: reading from it never refreshes the screen
static int terminal_descriptor = -1;  // as given
static int output_descriptor = -1;    // a copy, for drawing
static struct termios former_modes;

static const char paste_on[] = "\033[?2004h";
static const char paste_off[] = "\033[?2004l";

// Where `collect` puts bytes.
static char *collected;
static size_t collected_count, collected_capacity;

static int collect(int byte) {
  if (collected_count < collected_capacity) collected[collected_count++] = (char)byte;
  return byte;
}

static void begin_collecting(char *bytes, size_t capacity) {
  collected = bytes;
  collected_count = 0;
  collected_capacity = capacity;
}

static const char *capability(const char *name) {
  const char *bytes = tigetstr(name);
  return bytes == (const char *)-1 ? NULL : bytes;
}

static void collect_capability(const char *name) {
  const char *bytes = capability(name);
  if (bytes != NULL) tputs(bytes, 1, collect);
}

static void arm_guard(void) {
  char prepared[512];
  begin_collecting(prepared, sizeof prepared);
  for (const char *byte = paste_off; *byte; byte++) collect(*byte);
  collect_capability("sgr0");
  collect_capability("rmkx");
  collect_capability("cnorm");
  collect_capability("rmcup");
  cn_restore_arm(terminal_descriptor, output_descriptor, prepared, collected_count, &former_modes);
}

static void write_sequence(const char *bytes) {
  fflush(output_file);
  ssize_t ignored = write(output_descriptor, bytes, strlen(bytes));
  (void)ignored;
}

static bool promises(const char *name) { return tigetflag(name) > 0 || tigetnum(name) > 0 || capability(name) != NULL; }

// Sequences that terminals send and terminfo mostly does not tell. Numbers above every key of ncurses.
enum { own_keys = 0x4000 };
static const struct {
  const char *bytes;
  int key;
} extra_keys[] = {
    {"\033[200~", CN_KEY_PASTE_BEGIN}, {"\033[201~", CN_KEY_PASTE_END}, {"\033[1;5D", CN_KEY_WORD_LEFT},
    {"\033[1;5C", CN_KEY_WORD_RIGHT},  {"\033[1;3D", CN_KEY_WORD_LEFT}, {"\033[1;3C", CN_KEY_WORD_RIGHT},
    {"\033Od", CN_KEY_WORD_LEFT},      {"\033Oc", CN_KEY_WORD_RIGHT},   {"\033[1;2A", CN_KEY_SCROLL_UP},
    {"\033[1;2B", CN_KEY_SCROLL_DOWN}, {"\033[1;5A", CN_KEY_SCROLL_UP}, {"\033[1;5B", CN_KEY_SCROLL_DOWN},
    {"\033[H", CN_KEY_HOME},           {"\033[F", CN_KEY_END},          {"\033[1~", CN_KEY_HOME},
    {"\033[4~", CN_KEY_END},           {"\033OH", CN_KEY_HOME},         {"\033OF", CN_KEY_END},
    {"\033[D", CN_KEY_LEFT},           {"\033[C", CN_KEY_RIGHT},        {"\033[A", CN_KEY_UP},
    {"\033[B", CN_KEY_DOWN},           {"\033\r", CN_KEY_NEW_LINE},
};

static bool locale_is_utf8(void) {
  const char *codeset = nl_langinfo(CODESET);
  return codeset != NULL && (strcmp(codeset, "UTF-8") == 0 || strcmp(codeset, "utf8") == 0);
}

// ncurses reads characters with the C library, so the library has to know that they are UTF-8.
static void choose_locale(bool utf8) {
  setlocale(LC_CTYPE, "");
  if (utf8 && !locale_is_utf8() && setlocale(LC_CTYPE, "C.UTF-8") == NULL) setlocale(LC_CTYPE, "en_US.UTF-8");
}

int cn_describe(const char *type, cn_capabilities *capabilities) {
  int answer = 0;
  if (setupterm(type, STDOUT_FILENO, &answer) != OK) return answer == 1 ? CN_NO_CURSOR_MOTION : CN_UNKNOWN_TYPE;
  capabilities->colors = tigetnum("colors");
  capabilities->direct_color = promises("RGB") || promises("Tc");
  return promises("cup") ? CN_STARTED : CN_NO_CURSOR_MOTION;
}

int cn_start(int input, int output, const char *type, bool utf8, cn_capabilities *capabilities) {
  int answer = 0;
  choose_locale(utf8);
  if (setupterm(type, output, &answer) != OK) {
    return answer == 1 ? CN_NO_CURSOR_MOTION : CN_UNKNOWN_TYPE;
  }
  if (!promises("cup")) return CN_NO_CURSOR_MOTION;
  if (tcgetattr(output, &former_modes) != 0) return CN_REFUSED;

  int input_copy = fcntl(input, F_DUPFD_CLOEXEC, 3);
  int output_copy = fcntl(output, F_DUPFD_CLOEXEC, 3);
  if (input_copy >= 0) input_file = fdopen(input_copy, "r");
  if (output_copy >= 0) output_file = fdopen(output_copy, "w");
  terminal_descriptor = output;
  output_descriptor = output_copy;
  screen = input_file && output_file ? newterm(type, output_file, input_file) : NULL;
  if (screen == NULL) {
    cn_stop();
    return CN_REFUSED;
  }
  set_term(screen);
  arm_guard();

  raw();
  noecho();
  nonl();
  set_escdelay(25);
  keyboard = newpad(1, 1);
  if (keyboard == NULL) {
    cn_stop();
    return CN_REFUSED;
  }
  keypad(keyboard, TRUE);
  nodelay(keyboard, TRUE);
  for (size_t i = 0; i < sizeof extra_keys / sizeof *extra_keys; i++) {
    define_key(extra_keys[i].bytes, own_keys + extra_keys[i].key);
  }
  capabilities->colors = tigetnum("colors");
  capabilities->direct_color = promises("RGB") || promises("Tc");
  write_sequence(paste_on);
  wrefresh(stdscr);
  return CN_STARTED;
}

static void leave(void) {
  write_sequence(paste_off);
  endwin();
  fflush(output_file);
  cn_restore_disarm();
  tcsetattr(output_descriptor, TCSADRAIN, &former_modes);
}

void cn_stop(void) {
  if (screen != NULL) {
    leave();
    if (keyboard != NULL) delwin(keyboard);
    delscreen(screen);
  }
  keyboard = NULL;
  screen = NULL;
  if (input_file != NULL) fclose(input_file);
  if (output_file != NULL) fclose(output_file);
  input_file = output_file = NULL;
  output_descriptor = -1;
}

void cn_suspend(void) {
  if (screen == NULL) return;
  leave();
  cn_release_errors();
  cn_stop_process();
  cn_capture_errors();
  cn_resume();
}

void cn_resume(void) {
  if (screen == NULL) return;
  arm_guard();
  // With the terminal's modes as they may be now, ncurses enters full-screen mode again at its next refresh.
  reset_prog_mode();
  clearok(stdscr, TRUE);
  wrefresh(stdscr);
  write_sequence(paste_on);
}

int cn_drawing_descriptor(void) { return output_descriptor; }

bool cn_size(int *columns, int *rows) {
  struct winsize size;
  if (output_descriptor < 0 || ioctl(output_descriptor, TIOCGWINSZ, &size) != 0) return false;
  // A terminal that does not know its size says 0; ncurses has then guessed from terminfo.
  *columns = size.ws_col > 0 ? size.ws_col : getmaxx(stdscr);
  *rows = size.ws_row > 0 ? size.ws_row : getmaxy(stdscr);
  if (*columns != getmaxx(stdscr) || *rows != getmaxy(stdscr)) resizeterm(*rows, *columns);
  return true;
}

static size_t collect_all(const char *sequence, char *bytes, size_t capacity) {
  if (sequence == NULL) return 0;
  begin_collecting(bytes, capacity);
  tputs(sequence, 1, collect);
  return collected_count;
}

size_t cn_capability(const char *name, char *bytes, size_t capacity) {
  return collect_all(capability(name), bytes, capacity);
}

size_t cn_cursor_address(int row, int column, char *bytes, size_t capacity) {
  const char *cup = capability("cup");
  return cup == NULL ? 0 : collect_all(tiparm(cup, row, column), bytes, capacity);
}

size_t cn_color(int number, bool background, char *bytes, size_t capacity) {
  const char *set = capability(background ? "setab" : "setaf");
  return set == NULL ? 0 : collect_all(tiparm(set, number), bytes, capacity);
}

static int own_key(wint_t code) {
  switch (code) {
    case KEY_LEFT: return CN_KEY_LEFT;
    case KEY_RIGHT: return CN_KEY_RIGHT;
    case KEY_UP: return CN_KEY_UP;
    case KEY_DOWN: return CN_KEY_DOWN;
    case KEY_SLEFT: return CN_KEY_WORD_LEFT;
    case KEY_SRIGHT: return CN_KEY_WORD_RIGHT;
    case KEY_SR: return CN_KEY_SCROLL_UP;
    case KEY_SF: return CN_KEY_SCROLL_DOWN;
    case KEY_HOME: return CN_KEY_HOME;
    case KEY_END: return CN_KEY_END;
    case KEY_PPAGE: return CN_KEY_PAGE_UP;
    case KEY_NPAGE: return CN_KEY_PAGE_DOWN;
    case KEY_BACKSPACE: return CN_KEY_BACKSPACE;
    case KEY_DC: return CN_KEY_DELETE;
    case KEY_ENTER: return CN_KEY_ENTER;
    default: return code >= own_keys ? (int)(code - own_keys) : CN_KEY_OTHER;
  }
}

int cn_read(uint32_t *value) {
  wint_t code = 0;
  int kind = wget_wch(keyboard, &code);
  if (kind == ERR) return CN_NOTHING;
  if (kind != KEY_CODE_YES) {
    *value = (uint32_t)code;
    return CN_CHARACTER;
  }
  *value = (uint32_t)own_key(code);
  return CN_KEY;
}
