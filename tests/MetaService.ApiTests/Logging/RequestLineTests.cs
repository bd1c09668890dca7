using System.Diagnostics;
using System.Globalization;
using System.Text;
using MetaService.Server.Logging;
using Serilog.Events;
using Serilog.Formatting.Compact;
using Serilog.Parsing;

namespace MetaService.ApiTests.Logging;

/// <summary>The line of a request is byte for byte the one that Serilog would write.</summary>
public sealed class RequestLineTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 25, 22, 7, 40, TimeSpan.FromHours(1));

    private static readonly ActivityTraceId Trace = ActivityTraceId.CreateRandom();
    private static readonly ActivitySpanId Span = ActivitySpanId.CreateRandom();

    public static TheoryData<string?> Texts => new()
    {
        "get_instance", "", null, "quoted \"text\"", @"back\slash",
        "a\nb\rc\td\fe\u0001\u001f", "\u007f\u00e4\u4e2d\U0001F600", "'<>&/",
        new string('"', 300), new string('\u0002', 256), new string('\u4e2d', 256),
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void Any_text_is_written_as_Serilog_writes_it(string? text)
    {
        var line = new RequestLine(
            text ?? "unmatched", text, 200, TimeSpan.FromTicks(123_732), text, text, text ?? "id", text ?? "c");
        Written(line).Should().Be(Expected(line));
    }

    [Fact]
    public void Any_time_is_written_as_Serilog_writes_it()
    {
        var random = new Random(7);
        long[] some = [0, 1, 4, 5, 6, 9, 10, 15, 99, 100, 9994, 9995, 9999, 10_000, 10_005, 99_995, 100_000, 123_456_789_012];
        foreach (var ticks in some.Concat(Enumerable.Range(0, 2000).Select(_ => random.NextInt64(1L << random.Next(1, 42)))))
        {
            var line = new RequestLine("r", "OK", 404, TimeSpan.FromTicks(ticks), "i", "c", "q", "n");
            Written(line).Should().Be(Expected(line), $"of {ticks} ticks");
        }
    }

    private static string Written(RequestLine line)
    {
        using var output = new MemoryStream();
        using (var pump = new LogPump(output, TimeProvider.System))
        {
            line.WriteTo(pump, At, Trace, Span);
        }

        return Encoding.UTF8.GetString(output.ToArray());
    }

    private static string Expected(RequestLine line)
    {
        (string Name, object? Value)[] properties =
        [
            ("Route", line.Route), ("Code", line.Code), ("Status", line.Status), ("Ms", line.Elapsed.TotalMilliseconds),
            ("InstanceId", line.InstanceId), ("Caller", line.Caller), ("RequestId", line.RequestId),
            ("SourceContext", typeof(MetaService.Server.Http.RequestLog).FullName), ("ConnectionId", line.ConnectionId),
        ];
        var logEvent = new LogEvent(
            At, LogEventLevel.Information, null, new MessageTemplateParser().Parse(RequestLine.Template),
            properties.Select(p => new LogEventProperty(p.Name, new ScalarValue(p.Value))),
            Trace, Span);
        using var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        new RenderedCompactJsonFormatter().Format(logEvent, text);
        return text.ToString();
    }
}
