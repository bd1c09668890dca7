using System.Text.Json.Nodes;
using MetaService.Keys;
using MetaService.Maintenance.Verification;

namespace MetaService.Server.Cli;

/// <summary>Prints what a verification finds.</summary>
internal abstract class VerificationReport
{
    /// <summary>Prints a defect.</summary>
    public abstract void Write(Defect defect);

    /// <summary>Prints the end.</summary>
    public abstract void Write(VerificationSummary summary);
}

/// <summary>For people: a line for each defect, then the counts.</summary>
internal sealed class TextVerificationReport(TextWriter output, bool isVerbose) : VerificationReport
{
    public override void Write(Defect defect) => output.WriteLine(defect);

    public override void Write(VerificationSummary summary)
    {
        if (isVerbose)
        {
            var width = summary.Types.Select(t => t.Definition.Name.Length).DefaultIfEmpty().Max();
            foreach (var (definition, count) in summary.Types)
            {
                output.WriteLine($"{definition.Name.PadRight(width)} {count.Keys,12} keys {count.Records,12} records");
            }
        }

        output.WriteLine($"{summary.Keys} keys, {summary.Records} records checked, {summary.Defects} defects");
    }
}

/// <summary>For machines: a JSON object on each line, the counts on the last.</summary>
internal sealed class JsonVerificationReport(TextWriter output) : VerificationReport
{
    public override void Write(Defect defect) => output.WriteLine(new JsonObject
    {
        ["kind"] = defect.Kind.Name,
        ["key_type"] = defect.Key?.Definition.Name,
        ["fields"] = defect.Key is { } key ? Object(KeyText.Fields(key).Select(f => (f.Name, (JsonNode?)f.Value))) : null,
        ["key"] = Convert.ToHexStringLower(defect.KeyBytes),
        ["problem"] = defect.Problem,
        ["to_do"] = defect.Kind.Remedy,
    }.ToJsonString());

    public override void Write(VerificationSummary summary) => output.WriteLine(new JsonObject
    {
        ["keys"] = summary.Keys,
        ["records"] = summary.Records,
        ["defects"] = summary.Defects,
        ["key_types"] = Object(summary.Types.Select(t => (
            t.Definition.Name, (JsonNode?)new JsonObject { ["keys"] = t.Count.Keys, ["records"] = t.Count.Records }))),
    }.ToJsonString());

    private static JsonObject Object(IEnumerable<(string Name, JsonNode? Value)> fields) =>
        new(fields.Select(f => KeyValuePair.Create(f.Name, f.Value)));
}
