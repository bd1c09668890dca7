using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Diagnostics.Tracing;
using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Text;

namespace MetaService.ApiTests.Canary;

/// <summary>
/// All that this process emits beside its log, from now on: measurements, activities, events and the texts of exceptions. It needs
/// nothing but the runtime. Thread-safe.
/// </summary>
public sealed class Emissions : IDisposable
{
    // Each piece of work of the runtime is an event there, with nothing in it that a client sent.
    private static readonly string[] Noise =
        ["Microsoft-Windows-DotNETRuntime", "System.Runtime", "System.Buffers", "System.Threading", "System.Collections", "NativeRuntime"];

    [ThreadStatic]
    private static bool _isNoting;

    private readonly ConcurrentDictionary<string, bool> _lines = new();
    private readonly MeterListener _meters;
    private readonly ActivityListener _activities;
    private readonly Events _events;

    public Emissions()
    {
        _meters = ListenToMeters();
        _activities = ListenToActivities();
        _events = new Events(this);
        AppDomain.CurrentDomain.FirstChanceException += NoteException;
    }

    /// <summary>What was emitted so far, each different text once after the name of its <see cref="CanaryChannel"/>.</summary>
    public IReadOnlyCollection<string> Lines
    {
        get
        {
            _meters.RecordObservableInstruments();
            return [.. _lines.Keys];
        }
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.FirstChanceException -= NoteException;
        _events.Dispose();
        _activities.Dispose();
        _meters.Dispose();
    }

    private void NoteException(object? sender, FirstChanceExceptionEventArgs e) =>
        Note(nameof(CanaryChannel.Exception), e.Exception.ToString());

    private void Note(string channel, string text)
    {
        if (_isNoting)
        {
            return; // Writing down may itself emit something.
        }

        _isNoting = true;
        try
        {
            _lines.TryAdd($"{channel} {text.ReplaceLineEndings(" ")}", true);
        }
        finally
        {
            _isNoting = false;
        }
    }

    private MeterListener ListenToMeters()
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, meters) =>
            {
                Note(nameof(CanaryChannel.Metric), $"{Text(instrument.Meter.Tags)} {instrument.Description} {Text(instrument.Tags)}");
                meters.EnableMeasurementEvents(instrument);
            },
        };
        Listen<byte>(listener);
        Listen<short>(listener);
        Listen<int>(listener);
        Listen<long>(listener);
        Listen<float>(listener);
        Listen<double>(listener);
        Listen<decimal>(listener);
        listener.Start();
        return listener;
    }

    // Values are numbers that the server counts or measures; names and tags are where a text could get in.
    private void Listen<T>(MeterListener listener)
        where T : struct =>
        listener.SetMeasurementEventCallback<T>((instrument, _, tags, _) =>
            Note(nameof(CanaryChannel.Metric), $"{instrument.Meter.Name} {instrument.Name} {Text(tags.ToArray())}"));

    private ActivityListener ListenToActivities()
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                var text = new StringBuilder()
                    .Append(CultureInfo.InvariantCulture, $"{activity.Source.Name} {activity.OperationName} {activity.DisplayName} ")
                    .Append(CultureInfo.InvariantCulture, $"{activity.StatusDescription} {activity.TraceStateString} ")
                    .Append(Text(activity.TagObjects))
                    .AppendJoin(';', activity.Baggage);
                foreach (var happening in activity.Events)
                {
                    text.Append(CultureInfo.InvariantCulture, $" {happening.Name} ").Append(Text(happening.Tags));
                }

                Note(nameof(CanaryChannel.Trace), text.ToString());
            },
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private static string Text(IEnumerable<KeyValuePair<string, object?>>? tags) =>
        string.Join(' ', (tags ?? []).Select(tag => $"{tag.Key}={tag.Value}"));

    private sealed class Events : EventListener
    {
        private readonly Emissions _emissions;

        public Events(Emissions emissions)
        {
            _emissions = emissions;
            EventSourceCreated += (_, e) => Enable(e.EventSource!); // Of those that there are already too.
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData) => _emissions?.Note(
            nameof(CanaryChannel.Event),
            $"{eventData.EventSource.Name}/{eventData.EventName} {eventData.Message} {string.Join(' ', eventData.Payload ?? new([]))}");

        private void Enable(EventSource source)
        {
            if (!Noise.Any(name => source.Name.StartsWith(name, StringComparison.Ordinal)))
            {
                EnableEvents(source, EventLevel.Informational);
            }
        }
    }
}
