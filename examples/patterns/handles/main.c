/* Uses the handles as a C program would, and as it should not. Exit status 0 if all is as the header says. */

#include "handles.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            return 1; \
        } \
    } while (0)

static int read_all(uint64_t document, const char *text) {
    uint64_t cursor = cursor_open(document);
    CHECK(cursor != 0);
    for (size_t i = 0; i < strlen(text); i++)
        CHECK(cursor_next(cursor) == text[i]);
    CHECK(cursor_next(cursor) == -1);
    CHECK(cursor_close(cursor) == 0 && cursor_close(cursor) == -1);
    return 0;
}

static void *work(void *shared) {
    for (int i = 0; i < 1000; i++) {
        uint64_t own = document_open("own");
        if (read_all(own, "own") || read_all(*(uint64_t *)shared, "shared") || document_close(own))
            return shared;
    }
    return NULL;
}

int main(void) {
    uint64_t document = document_open("text");
    CHECK(document != 0);
    CHECK(document_open(NULL) == 0 && document_open("\xff") == 0);
    CHECK(read_all(document, "text") == 0);

    /* Wrong kinds. */
    uint64_t cursor = cursor_open(document);
    CHECK(cursor_next(document) == -2 && cursor_close(document) == -1);
    CHECK(document_close(cursor) == -1 && cursor_open(cursor) == 0);
    CHECK(cursor_next(cursor) == 't');

    /* No handles at all. */
    uint64_t none[] = {0, 1, UINT64_MAX, document + 1, cursor + 1, document ^ (1ull << 62), cursor ^ (1ull << 62)};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        CHECK(document_close(none[i]) == -1 && cursor_open(none[i]) == 0);
        CHECK(cursor_next(none[i]) == -2 && cursor_close(none[i]) == -1);
    }

    /* Stale ones, also after the slot was used again. */
    CHECK(document_close(document) == 0 && document_close(document) == -1);
    CHECK(cursor_next(cursor) == -1);
    uint64_t other = document_open("other");
    CHECK(other != document && cursor_open(document) == 0 && cursor_next(cursor) == -1);
    CHECK(cursor_close(cursor) == 0 && cursor_next(cursor) == -2);
    CHECK(document_close(other) == 0);

    /* Threads. */
    uint64_t shared = document_open("shared");
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        CHECK(pthread_create(&threads[i], NULL, work, &shared) == 0);
    for (int i = 0; i < 4; i++) {
        void *failed;
        CHECK(pthread_join(threads[i], &failed) == 0 && failed == NULL);
    }
    CHECK(document_close(shared) == 0);
    puts("all is as the header says");
    return 0;
}
