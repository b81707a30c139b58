/* Kernels that several threads compute: KERNEL(name, count, size, (type, parameter)…) { body } defines a function name
 * with these parameters. Its body computes the items `start` to `stop - 1` of `count`; an item has `size` elements. */
typedef void Part(const void *arguments, int64_t start, int64_t stop);
void sumtune_in_parallel(Part *part, const void *arguments, int64_t count, int64_t size);

#ifdef _WIN32
#define API __declspec(dllexport)
#else
#define API __attribute__((visibility("default")))
#endif

/* EACH(F, S, a, b, c) is F(a) S() F(b) S() F(c). */
#define EACH_1(F, S, a) F a
#define EACH_2(F, S, a, ...) F a S() EACH_1(F, S, __VA_ARGS__)
#define EACH_3(F, S, a, ...) F a S() EACH_2(F, S, __VA_ARGS__)
#define EACH_4(F, S, a, ...) F a S() EACH_3(F, S, __VA_ARGS__)
#define EACH_5(F, S, a, ...) F a S() EACH_4(F, S, __VA_ARGS__)
#define EACH_6(F, S, a, ...) F a S() EACH_5(F, S, __VA_ARGS__)
#define EACH_7(F, S, a, ...) F a S() EACH_6(F, S, __VA_ARGS__)
#define EACH_8(F, S, a, ...) F a S() EACH_7(F, S, __VA_ARGS__)
#define EACH_9(F, S, a, ...) F a S() EACH_8(F, S, __VA_ARGS__)
#define EACH_10(F, S, a, ...) F a S() EACH_9(F, S, __VA_ARGS__)
#define EACH_11(F, S, a, ...) F a S() EACH_10(F, S, __VA_ARGS__)
#define EACH_12(F, S, a, ...) F a S() EACH_11(F, S, __VA_ARGS__)
#define EACH_13(F, S, a, ...) F a S() EACH_12(F, S, __VA_ARGS__)
#define CHOOSE(a, b, c, d, e, f, g, h, i, j, k, l, m, EACH_N, ...) EACH_N
#define EACH(F, S, ...)                                                                                                \
    CHOOSE(__VA_ARGS__, EACH_13, EACH_12, EACH_11, EACH_10, EACH_9, EACH_8, EACH_7, EACH_6, EACH_5, EACH_4, EACH_3,   \
           EACH_2, EACH_1, )(F, S, __VA_ARGS__)
#define COMMA() ,
#define SEMICOLON() ;
#define DECLARED(type, name) type name
#define NAMED(type, name) name
#define MEMBER(type, name) a->name

#define KERNEL(name, count, size, ...) KERNEL_NAMED(VARIED(name), count, size, __VA_ARGS__)
#define KERNEL_NAMED(name, count, size, ...) KERNEL_OF(name, count, size, __VA_ARGS__)
#define KERNEL_OF(name, count, size, ...)                                                                              \
    struct name##_arguments {                                                                                          \
        EACH(DECLARED, SEMICOLON, __VA_ARGS__);                                                                        \
    };                                                                                                                 \
    static void name##_body(EACH(DECLARED, COMMA, __VA_ARGS__), int64_t start, int64_t stop);                           \
    static void name##_part(const void *arguments, int64_t start, int64_t stop) {                                       \
        const struct name##_arguments *a = arguments;                                                                  \
        name##_body(EACH(MEMBER, COMMA, __VA_ARGS__), start, stop);                                                     \
    }                                                                                                                  \
    API void name(EACH(DECLARED, COMMA, __VA_ARGS__)) {                                                                \
        struct name##_arguments arguments = {EACH(NAMED, COMMA, __VA_ARGS__)};                                         \
        sumtune_in_parallel(name##_part, &arguments, count, size);                                                     \
    }                                                                                                                  \
    static void name##_body(EACH(DECLARED, COMMA, __VA_ARGS__), int64_t start, int64_t stop)
