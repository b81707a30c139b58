/* All arrays are dense and row-major. Norm weights, scales and statistics are float for every T. */

/* out = x * rstd * weight with rstd = 1 / sqrt(mean(x^2) + eps). x, out: (rows, n); weight: (n); rstd: (rows). */
KERNEL(rms_norm, rows, n, (const T *, x), (const float *, weight), (T *, out), (float *, rstd), (int64_t, rows),
       (int64_t, n), (float, eps)) {
    for (int64_t row = start; row < stop; row++) {
        const T *in = x + row * n;
        T *to = out + row * n;
        float sum = 0;
        for (int64_t j = 0; j < n; j++) sum += LOAD(in[j]) * LOAD(in[j]);
        float r = 1.0f / sqrtf(sum / n + eps);
        rstd[row] = r;
        for (int64_t j = 0; j < n; j++) to[j] = STORE(LOAD(in[j]) * r * weight[j]);
    }
}

/* dx = rstd * (g w - x rstd^2 mean(g w x)). */
KERNEL(rms_norm_backward, rows, n, (const T *, grad), (const T *, x), (const float *, weight), (const float *, rstd),
       (T *, dx), (int64_t, rows), (int64_t, n)) {
    for (int64_t row = start; row < stop; row++) {
        const T *g = grad + row * n, *in = x + row * n;
        T *to = dx + row * n;
        float r = rstd[row], sum = 0;
        for (int64_t j = 0; j < n; j++) sum += LOAD(g[j]) * weight[j] * LOAD(in[j]);
        float shift = sum / n * r * r;
        for (int64_t j = 0; j < n; j++) to[j] = STORE(r * (LOAD(g[j]) * weight[j] - LOAD(in[j]) * shift));
    }
}

/* out = gate * sigmoid(p(gate)) * up for each of count elements, p(x) = linear * x + cubic * x^3. The activation is
 * rounded to T, as the models do: some features of the first token are so large that a different rounding shifts the
 * gradients of all earlier layers. */
KERNEL(gated, count, 1, (const T *, gate), (const T *, up), (T *, out), (int64_t, count), (float, linear),
       (float, cubic)) {
#pragma omp simd
    for (int64_t j = start; j < stop; j++) {
        float x = LOAD(gate[j]);
        out[j] = STORE(LOAD(STORE(x * sigmoid_inline(x * (linear + cubic * x * x)))) * LOAD(up[j]));
    }
}

/* d/dx (x s(p)) = s + x s (1 - s) p', where s = sigmoid(p). */
KERNEL(gated_backward, count, 1, (const T *, grad), (const T *, gate), (const T *, up), (T *, dgate), (T *, dup),
       (int64_t, count), (float, linear), (float, cubic)) {
#pragma omp simd
    for (int64_t j = start; j < stop; j++) {
        float x = LOAD(gate[j]), g = LOAD(grad[j]);
        float s = sigmoid_inline(x * (linear + cubic * x * x));
        float slope = s + x * s * (1 - s) * (linear + 3 * cubic * x * x);
        dgate[j] = STORE(g * LOAD(up[j]) * slope);
        dup[j] = STORE(g * x * s);
    }
}

/* Prepares heads for attention: applies the RMS norm (if weight is given), the rotary embedding and the scale, and
 * moves time next to the features. x: (batch, time, heads, dim); cosine, sine: (time, dim); out: (batch, heads / share,
 * time, share, dim); rstd: (batch, time, heads). dim is even and at most MAX_DIM. */
KERNEL(rotate_heads, batch * time, heads * dim, (const T *, x), (const float *, weight), (const T *, cosine),
       (const T *, sine), (T *, out), (float *, rstd), (int64_t, batch), (int64_t, time), (int64_t, heads),
       (int64_t, share), (int64_t, dim), (float, eps), (float, scale)) {
    int64_t half = dim / 2;
    for (int64_t row = start; row < stop; row++) {
        int64_t b = row / time, t = row % time;
        const T *c = cosine + t * dim, *s = sine + t * dim;
        for (int64_t h = 0; h < heads; h++) {
            const T *in = x + (row * heads + h) * dim;
            T *to = out + (((b * (heads / share) + h / share) * time + t) * share + h % share) * dim;
            float normed[MAX_DIM];
            if (weight) {
                float sum = 0;
                for (int64_t j = 0; j < dim; j++) sum += LOAD(in[j]) * LOAD(in[j]);
                float r = 1.0f / sqrtf(sum / dim + eps);
                rstd[row * heads + h] = r;
                for (int64_t j = 0; j < dim; j++) normed[j] = LOAD(in[j]) * r * weight[j];
            } else {
                for (int64_t j = 0; j < dim; j++) normed[j] = LOAD(in[j]);
            }
            for (int64_t j = 0; j < half; j++) {
                float low = normed[j], high = normed[j + half];
                to[j] = STORE((low * LOAD(c[j]) - high * LOAD(s[j])) * scale);
                to[j + half] = STORE((high * LOAD(c[j + half]) + low * LOAD(s[j + half])) * scale);
            }
        }
    }
}

/* Gradient of rotate_heads: grad (batch, heads / share, time, share, dim) to dx (batch, time, heads, dim). */
KERNEL(rotate_heads_backward, batch * time, heads * dim, (const T *, grad), (const T *, x), (const float *, weight),
       (const T *, cosine), (const T *, sine), (const float *, rstd), (T *, dx), (int64_t, batch), (int64_t, time),
       (int64_t, heads), (int64_t, share), (int64_t, dim), (float, scale)) {
    int64_t half = dim / 2;
    for (int64_t row = start; row < stop; row++) {
        int64_t b = row / time, t = row % time;
        const T *c = cosine + t * dim, *s = sine + t * dim;
        float turned[MAX_DIM];
        for (int64_t h = 0; h < heads; h++) {
            const T *g = grad + (((b * (heads / share) + h / share) * time + t) * share + h % share) * dim;
            const T *in = x + (row * heads + h) * dim;
            T *to = dx + (row * heads + h) * dim;
            for (int64_t j = 0; j < half; j++) {
                float low = LOAD(g[j]) * scale, high = LOAD(g[j + half]) * scale;
                turned[j] = low * LOAD(c[j]) + high * LOAD(s[j + half]);
                turned[j + half] = high * LOAD(c[j + half]) - low * LOAD(s[j]);
            }
            if (!weight) {
                for (int64_t j = 0; j < dim; j++) to[j] = STORE(turned[j]);
                continue;
            }
            float r = rstd[row * heads + h], sum = 0;
            for (int64_t j = 0; j < dim; j++) sum += turned[j] * weight[j] * LOAD(in[j]);
            float shift = sum / dim * r * r;
            for (int64_t j = 0; j < dim; j++) to[j] = STORE(r * (turned[j] * weight[j] - LOAD(in[j]) * shift));
        }
    }
}

/* Replaces each row of scores (blocks, block_rows, columns) by its softmax over the visible columns, and by zero
 * elsewhere. Row r of a block is at column first + r / share; it sees this column and the window - 1 before it. */
KERNEL(causal_softmax, rows, columns, (T *, scores), (int64_t, rows), (int64_t, block_rows), (int64_t, columns),
       (int64_t, share), (int64_t, first), (int64_t, window)) {
    for (int64_t row = start; row < stop; row++) {
        T *s = scores + row * columns;
        int64_t end = first + row % block_rows / share + 1, begin = end > window ? end - window : 0, j = begin;
        float tops[LANES], top = LOAD(s[begin]), sum = 0, powers[KEPT];
        for (int l = 0; l < LANES; l++) tops[l] = top;
        for (; j + LANES <= end; j += LANES)
            for (int l = 0; l < LANES; l++) {
                float x = LOAD(s[j + l]);
                tops[l] = x > tops[l] ? x : tops[l];
            }
        for (; j < end; j++) tops[0] = LOAD(s[j]) > tops[0] ? LOAD(s[j]) : tops[0];
        for (int l = 0; l < LANES; l++) top = tops[l] > top ? tops[l] : top;
        /* The powers of the last KEPT columns are kept; those before are computed again. */
        int64_t kept = end - begin > KEPT ? end - KEPT : begin;
        for (j = begin; j < kept; j++) sum += exp_inline(LOAD(s[j]) - top);
        for (j = kept; j < end; j++) sum += powers[j - kept] = exp_inline(LOAD(s[j]) - top);
        float inverse = 1 / sum;
        for (j = 0; j < begin; j++) s[j] = STORE(0);
        for (j = begin; j < kept; j++) s[j] = STORE(exp_inline(LOAD(s[j]) - top) * inverse);
        for (j = kept; j < end; j++) s[j] = STORE(powers[j - kept] * inverse);
        for (j = end; j < columns; j++) s[j] = STORE(0);
    }
}

/* Replaces each row of scores (batch, heads, queries, columns) by the softmax of scale * score + bias over the visible
 * columns, and by zero elsewhere. bias: (heads, queries, columns) or null. A row of batch b sees the columns up to
 * last[b] and, if causal is not 0, none after first + its place among the queries. */
KERNEL(masked_softmax, batch * heads * queries, columns, (T *, scores), (const T *, bias), (const int64_t *, last),
       (int64_t, batch), (int64_t, heads), (int64_t, queries), (int64_t, columns), (int64_t, first), (int64_t, causal),
       (float, scale)) {
    for (int64_t row = start; row < stop; row++) {
        T *s = scores + row * columns;
        const T *added = bias ? bias + row % (heads * queries) * columns : 0;
        int64_t place = first + row % queries, end = last[row / (heads * queries)] + 1;
        if (causal && place + 1 < end) end = place + 1;
        float tops[LANES], top = -INFINITY, sum = 0, values[KEPT];
        /* The values of the first KEPT columns are kept; those after them are computed again. */
        int64_t kept = end < KEPT ? end : KEPT;
        if (added) {
            for (int64_t j = 0; j < kept; j++) values[j] = LOAD(s[j]) * scale + LOAD(added[j]);
        } else {
            for (int64_t j = 0; j < kept; j++) values[j] = LOAD(s[j]) * scale;
        }
#define VALUE(j) (LOAD(s[j]) * scale + (added ? LOAD(added[j]) : 0))
        int64_t even = kept - kept % LANES;
        for (int l = 0; l < LANES; l++) tops[l] = -INFINITY;
        for (int64_t j = 0; j < even; j += LANES)
            for (int l = 0; l < LANES; l++) tops[l] = values[j + l] > tops[l] ? values[j + l] : tops[l];
        for (int64_t j = even; j < kept; j++) tops[0] = values[j] > tops[0] ? values[j] : tops[0];
        for (int l = 0; l < LANES; l++) top = tops[l] > top ? tops[l] : top;
        for (int64_t j = kept; j < end; j++) top = VALUE(j) > top ? VALUE(j) : top;
        for (int64_t j = 0; j < kept; j++) sum += values[j] = exp_inline(values[j] - top);
        for (int64_t j = kept; j < end; j++) sum += exp_inline(VALUE(j) - top);
        float inverse = 1 / sum;
        for (int64_t j = 0; j < kept; j++) s[j] = STORE(values[j] * inverse);
        for (int64_t j = kept; j < end; j++) s[j] = STORE(exp_inline(VALUE(j) - top) * inverse);
        for (int64_t j = end; j < columns; j++) s[j] = STORE(0);
#undef VALUE
    }
}

/* Replaces the gradient of the probabilities by the gradient of the scores, p (g - sum(p g)); p is 0 in columns that
 * are not visible. */
KERNEL(softmax_backward, rows, columns, (const T *, probabilities), (T *, grad), (int64_t, rows),
       (int64_t, columns)) {
    for (int64_t row = start; row < stop; row++) {
        const T *p = probabilities + row * columns;
        T *g = grad + row * columns;
        float sum = 0;
        for (int64_t j = 0; j < columns; j++) sum += LOAD(p[j]) * LOAD(g[j]);
        for (int64_t j = 0; j < columns; j++) g[j] = STORE(LOAD(p[j]) * (LOAD(g[j]) - sum));
    }
}

/* losses = -log softmax(logits)[target]. If gradient is not 0, replaces logits by softmax - one-hot.
 * logits: (rows, n); targets, losses: (rows). */
KERNEL(cross_entropy, rows, n, (T *, logits), (const int64_t *, targets), (float *, losses), (int64_t, rows),
       (int64_t, n), (int64_t, gradient)) {
    for (int64_t row = start; row < stop; row++) {
        T *x = logits + row * n;
        float tops[LANES], sums[LANES], top = -INFINITY, sum = 0;
        int64_t even = n - n % LANES;
        for (int l = 0; l < LANES; l++) tops[l] = -INFINITY, sums[l] = 0;
        for (int64_t j = 0; j < even; j += LANES)
            for (int l = 0; l < LANES; l++) {
                float value = LOAD(x[j + l]);
                tops[l] = value > tops[l] ? value : tops[l];
            }
        for (int64_t j = even; j < n; j++) top = LOAD(x[j]) > top ? LOAD(x[j]) : top;
        for (int l = 0; l < LANES; l++) top = tops[l] > top ? tops[l] : top;
        for (int64_t j = 0; j < even; j += LANES)
            for (int l = 0; l < LANES; l++) sums[l] += exp_inline(LOAD(x[j + l]) - top);
        for (int64_t j = even; j < n; j++) sum += exp_inline(LOAD(x[j]) - top);
        for (int l = 0; l < LANES; l++) sum += sums[l];
        losses[row] = top + logf(sum) - LOAD(x[targets[row]]);
        if (!gradient) continue;
        float inverse = 1 / sum, wanted = exp_inline(LOAD(x[targets[row]]) - top) * inverse - 1;
        for (int64_t j = 0; j < n; j++) x[j] = STORE(exp_inline(LOAD(x[j]) - top) * inverse);
        x[targets[row]] = STORE(wanted);
    }
}

/* above[j] = 1 if |x| >= least or x is NaN in any row of column j, else 0. x: (rows, n); above: (n). */
KERNEL(columns_above, (n + PART - 1) / PART, rows * PART, (const T *, x), (uint8_t *, above), (int64_t, rows),
       (int64_t, n), (float, least)) {
    for (int64_t part = start; part < stop; part++) {
        int64_t first = part * PART, width = n - first < PART ? n - first : PART;
        uint8_t found[PART] = {0};
        for (int64_t row = 0; row < rows; row++) {
            const T *in = x + row * n + first;
            for (int64_t j = 0; j < width; j++) found[j] |= !(fabsf(LOAD(in[j])) < least);
        }
        memcpy(above + first, found, (size_t)width);
    }
}

/* Quantizes rows to 8-bit integers: quantized = round(x / scale) + shift, with scale = max|x| / 127 over the row. A row
 * with infinity or NaN becomes zeros with a non-finite scale, so that its products are not finite either. */
KERNEL(quantize_rows, rows, n, (const T *, x), (uint8_t *, quantized), (float *, scales), (int64_t, rows),
       (int64_t, n), (int64_t, shift)) {
    for (int64_t row = start; row < stop; row++) {
        const T *in = x + row * n;
        uint8_t *to = quantized + row * n;
        uint32_t tops[LANES], top_bits = 0; /* bits of absolute values; infinity and NaN have the largest */
        int64_t even = n - n % LANES;
        for (int l = 0; l < LANES; l++) tops[l] = 0;
        for (int64_t j = 0; j < even; j += LANES)
            for (int l = 0; l < LANES; l++) {
                uint32_t bits = absolute_bits(LOAD(in[j + l]));
                tops[l] = bits > tops[l] ? bits : tops[l];
            }
        for (int l = 0; l < LANES; l++) top_bits = tops[l] > top_bits ? tops[l] : top_bits;
        for (int64_t j = even; j < n; j++) {
            uint32_t bits = absolute_bits(LOAD(in[j]));
            top_bits = bits > top_bits ? bits : top_bits;
        }
        float top;
        memcpy(&top, &top_bits, sizeof top);
        scales[row] = top / 127;
        if (!isfinite(top)) {
            memset(to, (int)shift, (size_t)n);
            continue;
        }
        float inverse = 127 / top;
        if (!isfinite(inverse)) inverse = 0; /* all zeros, or too small to invert */
        for (int64_t j = 0; j < n; j++) to[j] = (uint8_t)((int)rintf(LOAD(in[j]) * inverse) + (int)shift);
    }
}

/* out = products * row_scales[row] * column_scales[column]: converts sums of 8-bit products to floats. */
KERNEL(scale_products, rows, n, (T *, out), (const int32_t *, products), (const float *, row_scales),
       (const float *, column_scales), (int64_t, rows), (int64_t, n)) {
    for (int64_t row = start; row < stop; row++) {
        float scale = row_scales[row];
        for (int64_t j = 0; j < n; j++)
            out[row * n + j] = STORE((float)products[row * n + j] * scale * column_scales[j]);
    }
}

#if HAS_INT8_PRODUCT
/* out (rows, outputs) = x @ weight^T with scales. x (rows, n) holds quantized values + 128, scaled by row_scales;
 * packed and corrections come from pack_int8 for weight (outputs, n), scaled by column_scales. */
KERNEL(int8_product, PRODUCT_ITEMS(INT8_CHUNK), PRODUCT_SIZE(INT8_CHUNK), (T *, out), (const uint8_t *, x),
       (const float *, row_scales), (const int8_t *, packed), (const int32_t *, corrections),
       (const float *, column_scales), (int64_t, rows), (int64_t, n), (int64_t, outputs)) {
    EACH_PRODUCT_TILE(INT8_CHUNK, INT8_WIDTH) {
        int32_t sums[TILE_ROWS * INT8_WIDTH];
        int8_tile(x + row * n, packed + block * n + 4 * at, n, NULL, NULL, 0, sums, count);
        for (int64_t r = 0; r < count; r++) {
            T *to = out + (row + r) * outputs + first;
            float scale = row_scales[row + r];
            for (int64_t c = 0; c < width; c++)
                to[c] = STORE((float)(sums[r * INT8_WIDTH + c] - corrections[first + c]) * scale *
                              column_scales[first + c]);
        }
    }
}
#endif
