using System.Buffers;
using System.Globalization;
using System.Text;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;

namespace MetaService.Server.Logging;

/// <summary>Hands Serilog's events to the writer of the log.</summary>
public sealed class LogPumpSink(ITextFormatter formatter, LogPump pump) : ILogEventSink, IDisposable
{
    public void Emit(LogEvent logEvent)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        formatter.Format(logEvent, text);
        var builder = text.GetStringBuilder();
        var bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(builder.Length));
        var count = Encoding.UTF8.GetBytes(builder.ToString(), bytes);
        pump.Write(bytes.AsSpan(0, count));
        ArrayPool<byte>.Shared.Return(bytes);
    }

    /// <summary>Writes what is left; the end of the logger is the end of the log.</summary>
    public void Dispose() => pump.Dispose();
}
