using System.Runtime.InteropServices;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using MetaService.Json;

namespace MetaService.Domain.Audit;

/// <summary>
/// What differs between two states of a record, without its secrets. It goes through the bytes, since every change pays for it:
/// parsing both records would cost more than all else that a change does.
/// </summary>
/// <remarks>
/// Fields and elements that are the same in both are left out, but for ids and names, which tell what has changed. A secret that
/// differs shows as <see cref="SecretFields.Mask"/> in both; so does one that was only sealed anew. Fields that this version does
/// not know are left out, for they might be secrets.
/// </remarks>
public static class RecordDifference
{
    private static readonly byte[] Mask = Encoding.UTF8.GetBytes(SecretFields.Mask);

    /// <summary>Writes the two states without what they share.</summary>
    /// <param name="before">The record before; empty when there was none.</param>
    /// <param name="after">The record after; empty when there is none.</param>
    /// <param name="type">Type of the record.</param>
    /// <param name="old">Takes the state before.</param>
    /// <param name="now">Takes the state after.</param>
    /// <exception cref="InvalidDataException">One is not a serialized message.</exception>
    public static void Write(
        ReadOnlySpan<byte> before, ReadOnlySpan<byte> after, MessageDescriptor type, WireBuffer old, WireBuffer now)
    {
        var plan = RecordPlan.Of(type);
        if (before.IsEmpty || after.IsEmpty)
        {
            WriteMasked(before, plan, old);
            WriteMasked(after, plan, now);
        }
        else
        {
            WriteDifference(before, after, plan, old, now);
        }
    }

    private static void WriteDifference(
        ReadOnlySpan<byte> before, ReadOnlySpan<byte> after, RecordPlan plan,
        WireBuffer old, WireBuffer now)
    {
        var olds = CollectionsMarshal.AsSpan(WireField.Split(before));
        var news = CollectionsMarshal.AsSpan(WireField.Split(after));
        for (int i = 0, j = 0; i < olds.Length || j < news.Length;)
        {
            var number = Math.Min(NumberAt(olds, i), NumberAt(news, j));
            var (first, second) = (i, j);
            i = EndOf(olds, i, number);
            j = EndOf(news, j, number);
            if (plan.Find(number) is { } field)
            {
                WriteDifference(
                    before, olds[first..i], after, news[second..j], field, old, now);
            }
        }
    }

    /// <summary>Writes what differs between the values of one field.</summary>
    private static void WriteDifference(
        ReadOnlySpan<byte> before, ReadOnlySpan<WireField> olds, ReadOnlySpan<byte> after, ReadOnlySpan<WireField> news, FieldPlan field,
        WireBuffer old, WireBuffer now)
    {
        var most = Math.Min(olds.Length, news.Length);
        var head = 0;
        while (head < most && olds[head].In(before).SequenceEqual(news[head].In(after)))
        {
            head++;
        }

        var tail = 0;
        while (tail < most - head && olds[^(tail + 1)].In(before).SequenceEqual(news[^(tail + 1)].In(after)))
        {
            tail++;
        }

        if (field.IsIdentity && head == 1 && olds.Length == 1 && news.Length == 1)
        {
            old.Write(olds[0].In(before));
            now.Write(news[0].In(after));
            return;
        }

        // As many as there were: each is taken for the one in its place, changed.
        var pairs = olds.Length == news.Length && field is { IsMessage: true, IsNamedValue: false };
        for (var i = head; i < olds.Length - tail && pairs; i++)
        {
            var (inOld, inNow) = (old.BeginMessage(olds[i].Number), now.BeginMessage(news[i].Number));
            WriteDifference(olds[i].ValueIn(before), news[i].ValueIn(after), field.Message, old, now);
            old.EndMessage(inOld);
            now.EndMessage(inNow);
        }

        for (var i = head; i < olds.Length - tail && !pairs; i++)
        {
            WriteMasked(before, olds[i], field, old);
        }

        for (var i = head; i < news.Length - tail && !pairs; i++)
        {
            WriteMasked(after, news[i], field, now);
        }
    }

    private static void WriteMasked(ReadOnlySpan<byte> message, RecordPlan plan, WireBuffer output)
    {
        for (var at = 0; at < message.Length;)
        {
            var part = WireField.Read(message, at);
            if (plan.Find(part.Number) is { } field)
            {
                WriteMasked(message, part, field, output);
            }

            at = part.End;
        }
    }

    private static void WriteMasked(ReadOnlySpan<byte> message, WireField part, FieldPlan field, WireBuffer output)
    {
        if (part.Type != WireFormat.WireType.LengthDelimited)
        {
            output.Write(part.In(message));
        }
        else if (field.IsSecret)
        {
            output.WriteField(part.Number, part.ValueIn(message).IsEmpty ? [] : Mask);
        }
        else if (field.IsMessage)
        {
            var begin = output.BeginMessage(part.Number);
            if (field.IsNamedValue)
            {
                WriteNamedValue(part.ValueIn(message), output);
            }
            else
            {
                WriteMasked(part.ValueIn(message), field.Message, output);
            }

            output.EndMessage(begin);
        }
        else
        {
            output.Write(part.In(message));
        }
    }

    private static void WriteNamedValue(ReadOnlySpan<byte> message, WireBuffer output)
    {
        const int Name = 1;
        const int Value = 2;
        var parts = WireField.Split(message);
        var isSecret = false;
        foreach (var part in parts.Where(part => part.Number == Name))
        {
            isSecret |= SecretFields.IsSecretName(Encoding.UTF8.GetString(part.ValueIn(message)));
        }

        foreach (var part in parts.Where(part => part.Number is Name or Value))
        {
            output.WriteField(part.Number, part.Number == Value && isSecret ? Mask : part.ValueIn(message));
        }
    }

    private static int NumberAt(ReadOnlySpan<WireField> fields, int index) => index < fields.Length ? fields[index].Number : int.MaxValue;

    private static int EndOf(ReadOnlySpan<WireField> fields, int index, int number)
    {
        while (index < fields.Length && fields[index].Number == number)
        {
            index++;
        }

        return index;
    }
}
