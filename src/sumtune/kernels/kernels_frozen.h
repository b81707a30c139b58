/* Products with frozen weights, for the element type T. GROUP elements take four bytes. */
#define GROUP ((int64_t)(4 / sizeof(T)))

/* Rows per chunk: few enough to stay in the second-level cache while all weights are read. */
#define FROZEN_CHUNK (sizeof(T) == 2 ? 96 : 192)

/* Packs a matrix (outputs, n), whose element (o, k) is weight[o * output_step + k * input_step], into packed
 * (outputs / COLUMNS rounded up, n / GROUP, COLUMNS, GROUP), padded with zeros. n is a multiple of GROUP. */
KERNEL(pack_frozen, BLOCKS, n * COLUMNS, (const T *, weight), (T *, packed), (int64_t, outputs), (int64_t, n),
       (int64_t, output_step), (int64_t, input_step)) {
    for (int64_t block = start; block < stop; block++) {
        const T *from = weight + block * COLUMNS * output_step;
        T *to = packed + block * COLUMNS * n;
        int64_t width = outputs - block * COLUMNS < COLUMNS ? outputs - block * COLUMNS : COLUMNS;
        if (n && width < COLUMNS) memset(to, 0, (size_t)(n * COLUMNS) * sizeof *to);
        for (int64_t k = 0; k < n; k += GROUP)
            for (int64_t c = 0; c < width; c++)
                for (int64_t g = 0; g < GROUP; g++)
                    to[k * COLUMNS + GROUP * c + g] = from[c * output_step + (k + g) * input_step];
    }
}

#ifdef ADD_T
DEFINE_TILE_OF(JOIN(tile, SUFFIX), ADD_T)

/* out = x @ weight^T + y @ more^T: x (rows, n), y (rows, rank), out (rows, outputs); weight (outputs, n) and more
 * (outputs, rank) are packed. rank may be 0. */
KERNEL(frozen_product, PRODUCT_ITEMS(FROZEN_CHUNK), PRODUCT_SIZE(FROZEN_CHUNK), (T *, out), (const T *, x),
       (const T *, weight), (const T *, y), (const T *, more), (int64_t, rows), (int64_t, n), (int64_t, outputs),
       (int64_t, rank)) {
    EACH_PRODUCT_TILE(FROZEN_CHUNK, WIDTH) {
        float sums[TILE_ROWS * WIDTH];
        JOIN(tile, SUFFIX)(x + row * n, weight + block * n + at * GROUP, n * (int64_t)sizeof *x, y + row * rank,
                           more + block * rank + at * GROUP, rank * (int64_t)sizeof *y, sums, count);
        for (int64_t r = 0; r < count; r++)
            for (int64_t c = 0; c < width; c++)
                out[(row + r) * outputs + first + c] = STORE(sums[r * WIDTH + c]);
    }
}
#endif
#undef GROUP
