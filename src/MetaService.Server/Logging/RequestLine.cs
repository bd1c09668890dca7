using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace MetaService.Server.Logging;

/// <summary>
/// The line of the log for one request. It has the fields and the layout that Serilog's compact format would give the template
/// <see cref="Template"/>, without the cost of making an event first.
/// </summary>
/// <param name="Route">Name of the endpoint.</param>
/// <param name="Code">The outcome; null when there is none but the HTTP status.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Elapsed">From the head of the request to the end of its reply.</param>
/// <param name="InstanceId">The instance it names, if any.</param>
/// <param name="Caller">The name of the caller's token, if any.</param>
/// <param name="RequestId">The id of the request.</param>
/// <param name="ConnectionId">The id of its connection.</param>
public readonly record struct RequestLine(
    string Route,
    string? Code,
    int Status,
    TimeSpan Elapsed,
    string? InstanceId,
    string? Caller,
    string RequestId,
    string ConnectionId)
{
    /// <summary>What the line says, as a message template.</summary>
    public const string Template = "{Route} {Code} {Status} {Ms:0.###} ms {InstanceId} {Caller} {RequestId}";

    private const string TemplateId = "95733912"; // Serilog's hash of it, by which readers group lines.
    private const int FixedBytes = 512;
    private const int BytesPerChar = 8; // A quote within a quoted text within a JSON string is four; a control character six.
    private const int StackBytes = 2048;

    private static readonly SearchValues<char> Escaped = SearchValues.Create(
        [.. Enumerable.Range(0, ' ').Select(c => (char)c), '"', '\\']);

    /// <summary>Appends the line to the log.</summary>
    /// <param name="at">When the request was done.</param>
    /// <param name="trace">The trace that it is part of.</param>
    /// <param name="span">The request in its trace.</param>
    public void WriteTo(LogPump log, DateTimeOffset at, ActivityTraceId trace, ActivitySpanId span)
    {
        var most = FixedBytes + (BytesPerChar * 2 * (Route.Length + (Code?.Length ?? 0) + (InstanceId?.Length ?? 0) +
            (Caller?.Length ?? 0) + RequestId.Length)) + (BytesPerChar * ConnectionId.Length);
        if (most <= StackBytes)
        {
            Span<byte> line = stackalloc byte[StackBytes];
            log.Write(line[..Format(line, at, trace, span)]);
            return;
        }

        var rented = ArrayPool<byte>.Shared.Rent(most);
        log.Write(rented.AsSpan(0, Format(rented, at, trace, span)));
        ArrayPool<byte>.Shared.Return(rented);
    }

    private int Format(Span<byte> line, DateTimeOffset at, ActivityTraceId trace, ActivitySpanId span)
    {
        var text = new Utf8Line(line);
        text.Raw("{\"@t\":\""u8);
        text.Value(at.UtcDateTime, "O");
        text.Raw("\",\"@m\":\""u8);
        text.Quoted(Route);
        text.Raw(" "u8);
        text.Quoted(Code);
        text.Raw(" "u8);
        text.Value(Status);
        text.Raw(" "u8);
        text.Milliseconds(Elapsed, decimals: 3);
        text.Raw(" ms "u8);
        text.Quoted(InstanceId);
        text.Raw(" "u8);
        text.Quoted(Caller);
        text.Raw(" "u8);
        text.Quoted(RequestId);
        text.Raw("\",\"@i\":\""u8);
        text.Raw(TemplateId);
        text.Raw("\",\"@tr\":\""u8);
        text.Raw(trace.ToHexString());
        text.Raw("\",\"@sp\":\""u8);
        text.Raw(span.ToHexString());
        text.Raw("\",\"Route\":"u8);
        text.Text(Route);
        text.Raw(",\"Code\":"u8);
        text.Text(Code);
        text.Raw(",\"Status\":"u8);
        text.Value(Status);
        text.Raw(",\"Ms\":"u8);
        text.Milliseconds(Elapsed, decimals: 4);
        text.Raw(",\"InstanceId\":"u8);
        text.Text(InstanceId);
        text.Raw(",\"Caller\":"u8);
        text.Text(Caller);
        text.Raw(",\"RequestId\":"u8);
        text.Text(RequestId);
        text.Raw(",\"SourceContext\":\"MetaService.Server.Http.RequestLog\",\"ConnectionId\":"u8);
        text.Text(ConnectionId);
        text.Raw("}\n"u8);
        return text.Length;
    }

    /// <summary>Writes into a span that is long enough.</summary>
    private ref struct Utf8Line(Span<byte> bytes)
    {
        private readonly Span<byte> _bytes = bytes;

        public int Length { get; private set; }

        public void Raw(ReadOnlySpan<byte> utf8)
        {
            utf8.CopyTo(_bytes[Length..]);
            Length += utf8.Length;
        }

        public void Raw(string text) => Length += Encoding.UTF8.GetBytes(text, _bytes[Length..]);

        public void Value<T>(T value, ReadOnlySpan<char> format = default)
            where T : IUtf8SpanFormattable
        {
            value.TryFormat(_bytes[Length..], out var count, format, CultureInfo.InvariantCulture);
            Length += count;
        }

        /// <summary>A time in milliseconds, without zeros at the end.</summary>
        public void Milliseconds(TimeSpan time, int decimals)
        {
            var (parts, digits) = decimals == 3 ? ((time.Ticks + 5) / 10, 1000L) : (time.Ticks, 10_000L);
            Value(parts / digits);
            var fraction = parts % digits;
            if (fraction == 0)
            {
                return;
            }

            Raw("."u8);
            while (fraction > 0)
            {
                digits /= 10;
                _bytes[Length++] = (byte)('0' + (fraction / digits));
                fraction %= digits;
            }
        }

        /// <summary>A JSON value.</summary>
        public void Text(string? text)
        {
            if (text is null)
            {
                Raw("null"u8);
                return;
            }

            Raw("\""u8);
            Escape(text, "\\\""u8);
            Raw("\""u8);
        }

        /// <summary>A text in quotes, within a JSON string.</summary>
        public void Quoted(string? text)
        {
            if (text is null)
            {
                Raw("null"u8);
                return;
            }

            Raw("\\\""u8);
            Escape(text, "\\\\\\\""u8);
            Raw("\\\""u8);
        }

        private void Escape(string text, ReadOnlySpan<byte> quote)
        {
            var rest = text.AsSpan();
            for (int next; (next = rest.IndexOfAny(Escaped)) >= 0; rest = rest[(next + 1)..])
            {
                Length += Encoding.UTF8.GetBytes(rest[..next], _bytes[Length..]);
                EscapeOne(rest[next], quote);
            }

            Length += Encoding.UTF8.GetBytes(rest, _bytes[Length..]);
        }

        private void EscapeOne(char c, ReadOnlySpan<byte> quote)
        {
            switch (c)
            {
                case '"':
                    Raw(quote);
                    break;
                case '\\':
                    Raw("\\\\"u8);
                    break;
                case '\n':
                    Raw("\\n"u8);
                    break;
                case '\r':
                    Raw("\\r"u8);
                    break;
                case '\f':
                    Raw("\\f"u8);
                    break;
                case '\t':
                    Raw("\\t"u8);
                    break;
                default:
                    Raw("\\u"u8);
                    Value((int)c, "X4");
                    break;
            }
        }
    }
}
